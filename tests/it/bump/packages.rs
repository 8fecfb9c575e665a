//! Versions in the names of protobuf packages.

use crate::bump::{bump, read, succeeded};
use crate::scratch::Scratch;

const ORDER: &str = "syntax = \"proto3\";\n\npackage acme.orders.v1;\n\nimport \"acme/orders/v1/money.proto\";\n\n\
option go_package = \"example.org/orders/v1;ordersv1\";\n\nmessage Order {\n  string id = 1;\n  Money price = 2;\n}\n";
const MONEY: &str = "syntax = \"proto3\";\npackage acme.orders.v1;\nmessage Money { int64 cents = 1; }\n";

fn project() -> Scratch {
    let scratch = Scratch::repository();
    scratch.write("acme/orders/v1/order.proto", ORDER).write("acme/orders/v1/money.proto", MONEY).commit("release");
    scratch.git(&["tag", "v1.0.0"]);
    scratch
}

#[test]
fn the_next_package_is_written_beside_the_broken_one() {
    let scratch = project();
    let broken = ORDER.replace("  string id = 1;\n", "  int64 id = 1;\n");
    scratch.write("acme/orders/v1/order.proto", &broken).commit("break");
    let text = succeeded(&bump(&scratch, &["--dry-run"]));
    assert!(text.contains("breaks package v1") && text.contains("--new-package"), "{text}");
    succeeded(&bump(&scratch, &["--new-package", "--dry-run"]));
    assert!(!scratch.root.join("acme/orders/v2").exists(), "a dry run writes nothing");

    let text = succeeded(&bump(&scratch, &["--new-package"]));
    assert!(text.contains("wrote acme/orders/v2/order.proto") && text.contains("git checkout"), "{text}");
    let order = read(&scratch, "acme/orders/v2/order.proto");
    assert_eq!(
        order,
        broken.replace("orders.v1", "orders.v2").replace("orders/v1", "orders/v2").replace("ordersv1", "ordersv2")
    );
    assert_eq!(read(&scratch, "acme/orders/v1/order.proto"), broken, "the old package is for its owner to take back");
    assert!(succeeded(&bump(&scratch, &["--new-package"])).contains("is there already"), "twice is once");

    scratch.git(&["checkout", "-q", "v1.0.0", "--", "acme/orders/v1"]);
    let run = scratch.run(&["check", "--against", "git:v1.0.0", "--format", "json"]).expect(0);
    assert_eq!(run.json()["summary"]["required_bump"], "minor", "a new package beside the old one is an addition");

    scratch.write("acme/orders/v1/order.proto", &broken).edit("acme/orders/v2/money.proto", "cents", "pence");
    let output = bump(&scratch, &["--new-package"]);
    assert_eq!(output.status.code(), Some(2), "what is there with other content is not written over");
}

#[test]
fn an_unstable_package_may_break() {
    let scratch = Scratch::repository();
    let beta = |text: &str| text.replace("orders.v1", "orders.v1beta1").replace("orders/v1", "orders/v1beta1");
    scratch
        .write("acme/orders/v1beta1/order.proto", &beta(ORDER))
        .write("acme/orders/v1beta1/money.proto", &beta(MONEY));
    scratch.commit("release");
    let broken = beta(ORDER).replace("  string id = 1;\n", "  int64 id = 1;\n");
    scratch.write("acme/orders/v1beta1/order.proto", &broken);
    let run = scratch.run(&["check", "--against", "git:HEAD", "--format", "json"]).expect(0);
    assert_eq!(run.json()["summary"]["errors"], 0);
    let text = succeeded(&bump(&scratch, &["--against", "git:HEAD", "--new-package"]));
    assert!(text.contains("no stable package breaks"), "{text}");
}

#[test]
fn deleting_a_stable_package_breaks() {
    let scratch = project();
    scratch.write("acme/other/v1/other.proto", "syntax = \"proto3\";\npackage acme.other.v1;\nmessage Other {}\n");
    scratch.remove("acme/orders/v1/order.proto").remove("acme/orders/v1/money.proto");
    let run = scratch.run(&["check", "--against", "git:v1.0.0", "--format", "json"]).expect(1);
    assert!(run.rules().contains(&"error protobuf/package-removed".to_owned()), "{:?}", run.rules());
}
