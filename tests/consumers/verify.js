// Verifies a provider with the real pact-js against a registry, and publishes the results. Settings come from the
// environment, so that the test sees the library's own exit: node verify.js
const { Verifier } = require("@pact-foundation/pact");
const { REGISTRY, TOKEN, PROVIDER_URL, VERSION, BRANCH, CONSUMER, WIP_SINCE } = process.env;

new Verifier({
  provider: "orders",
  providerBaseUrl: PROVIDER_URL,
  pactBrokerUrl: REGISTRY,
  pactBrokerToken: TOKEN,
  consumerVersionSelectors: [
    { mainBranch: true, consumer: CONSUMER },
    { deployedOrReleased: true, consumer: CONSUMER },
  ],
  enablePending: true,
  ...(WIP_SINCE && { includeWipPactsSince: WIP_SINCE }),
  publishVerificationResult: true,
  providerVersion: VERSION,
  providerVersionBranch: BRANCH,
  stateHandlers: { "an order exists": async () => ({ id: 42 }) },
  logLevel: "error",
})
  .verifyProvider()
  .then((output) => console.log(output))
  .catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
