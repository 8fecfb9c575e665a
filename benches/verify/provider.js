// A small provider for measuring: node provider.js PORT
// /orders/7 is a small order, /large/7 a list of a megabyte.
const http = require("http");
const small = (id) => JSON.stringify({ id, state: "open", lines: [{ sku: "A-1", count: 2 }] });
const large = require("./large.js");
const server = http.createServer((request, response) => {
  request.resume();
  const id = Number(request.url.split("/").pop());
  const body = request.url.startsWith("/large/") ? large(id) : small(id);
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
});
server.keepAliveTimeout = 60000;
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
