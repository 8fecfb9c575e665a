//! Path templates: `/orders/{id}`.

/// A path template without the names of its variables: they are never sent.
pub(super) fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut is_name = false;
    for char in path.chars() {
        match char {
            '{' => is_name = true,
            '}' => is_name = false,
            _ if is_name => continue,
            _ => {}
        }
        shape.push(char);
    }
    shape
}

/// The names of the variables in a template, in order.
pub(super) fn variables(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_do_not_make_another_template() {
        assert_eq!(shape("/a/{id}/b/{other}"), shape("/a/{x}/b/{y}"));
        assert_ne!(shape("/a/{id}"), shape("/a/id"));
        assert_eq!(variables("/a/{id}/b/{other}"), ["id", "other"]);
    }
}
