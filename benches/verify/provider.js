// A small provider for measuring: node provider.js PORT
const http = require("http");
const server = http.createServer((request, response) => {
  request.resume();
  const id = Number(request.url.split("/").pop());
  const body = JSON.stringify({ id, state: "open", lines: [{ sku: "A-1", count: 2 }] });
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
});
server.keepAliveTimeout = 60000;
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
