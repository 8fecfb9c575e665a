// A body of a megabyte: 8,000 lines of an order. As a program: node large.js COUNT FOLDER writes pacts of 10 such interactions.
const lines = [...Array(8000).keys()]
  .map((line) => `{"line": ${line}, "sku": "SKU-${String(line).padStart(8, "0")}", "count": ${1 + (line % 9)}, "note": "${"n".repeat(60)}"}`)
  .join(",");
const large = (id) => `{"id": ${id}, "lines": [${lines}]}`;
module.exports = large;

if (require.main === module) {
  const fs = require("fs");
  const [count, folder] = [Number(process.argv[2]), process.argv[3]];
  for (let first = 0; first < count; first += 10) {
    const file = fs.openSync(`${folder}/pact-${first}.json`, "w");
    const last = Math.min(first + 10, count);
    fs.writeSync(file, '{"consumer": {"name": "web"}, "provider": {"name": "orders"}, "interactions": [');
    for (let id = first; id < last; id += 1) {
      const rules = { body: { "$.lines[*].note": { matchers: [{ match: "type" }] } } };
      fs.writeSync(file, `{"description": "order ${id}", "request": {"method": "GET", "path": "/large/${id}"}, "response": {"status": 200, `);
      fs.writeSync(file, `"headers": {"Content-Type": "application/json"}, "matchingRules": ${JSON.stringify(rules)}, "body": `);
      fs.writeSync(file, `${large(id)}}}${id + 1 < last ? "," : ""}`);
    }
    fs.writeSync(file, '], "metadata": {"pactSpecification": {"version": "3.0.0"}}}');
    fs.closeSync(file);
  }
}
