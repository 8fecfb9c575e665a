"""Writes a pact with the real pact-python: python orders.py DIRECTORY"""

import sys
import urllib.error
import urllib.request

from pact import Pact, match

pact = Pact("web-py", "orders").with_specification("V4")
(
    pact.upon_receiving("an order by id")
    .given("an order exists", customer="Ada")
    .with_request("GET", "/orders/7")
    .will_respond_with(200)
    .with_body({"id": match.int(7), "lines": match.each_like({"sku": match.str("A-1")}, min=1)}, content_type="application/json")
)
(pact.upon_receiving("an order that is not there").with_request("GET", "/orders/0").will_respond_with(404))
with pact.serve() as server:
    urllib.request.urlopen(f"{server.url}/orders/7").read()
    try:
        urllib.request.urlopen(f"{server.url}/orders/0")
    except urllib.error.HTTPError as error:
        assert error.code == 404
pact.write_file(sys.argv[1])
