// Writes a version 4 pact with the real pact-js: node orders.js DIRECTORY
const { PactV4, MatchersV3 } = require("@pact-foundation/pact");
const { like, eachLike, integer, regex, datetime, fromProviderState } = MatchersV3;
const http = require("http");

const get = (base, path) =>
  new Promise((resolve, reject) =>
    http.get(base + path, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, text }));
    }).on("error", reject),
  );

(async () => {
  const pact = new PactV4({ consumer: "web-js", provider: "orders", dir: process.argv[2], logLevel: "error" });
  await pact
    .addInteraction()
    .given("an order exists", { customer: "Ada" })
    .uponReceiving("an order by id")
    .withRequest("GET", fromProviderState("/orders/${id}", "/orders/1"), (builder) => builder.query({ expand: "lines" }))
    .willRespondWith(200, (builder) =>
      builder.headers({ "X-Version": regex("\\d+\\.\\d+", "1.0") }).jsonBody({
        id: integer(1),
        state: regex("open|paid", "open"),
        placed: datetime("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-02-01T10:00:00+01:00"),
        lines: eachLike({ sku: like("A-1"), count: integer(2) }),
      }),
    )
    .executeTest(async (server) => get(server.url, "/orders/1?expand=lines"));
  await pact
    .addInteraction()
    .uponReceiving("an order that is not there")
    .withRequest("GET", "/orders/0")
    .willRespondWith(404)
    .executeTest(async (server) => get(server.url, "/orders/0"));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
