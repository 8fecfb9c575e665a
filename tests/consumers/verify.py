"""Verifies a provider with the real pact-python against a registry, and publishes the results."""

import os
import sys

from pact import Verifier

settings = os.environ
selector = (
    Verifier("orders", host="127.0.0.1")
    .add_transport(url=settings["PROVIDER_URL"])
    .state_handler({"an order exists": lambda action, parameters: None}, teardown=False)
    .set_publish_options(settings["VERSION"], branch=settings["BRANCH"])
    .broker_source(settings["REGISTRY"], token=settings["TOKEN"], selector=True, use_env=False)
    .consumer_version(consumer=settings["CONSUMER"], main_branch=True)
    .consumer_version(consumer=settings["CONSUMER"], deployed_or_released=True)
    .include_pending()
    .provider_branch(settings["BRANCH"])
)
if settings.get("WIP_SINCE"):
    selector = selector.include_wip_since(settings["WIP_SINCE"])
try:
    selector.build().verify()
except RuntimeError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
