//! Generates bindings from the built `tvaers_bindings` library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
