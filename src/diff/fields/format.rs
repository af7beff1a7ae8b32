//! Which format a file has, by its name.

use bstr::{BStr, ByteSlice as _};

use super::parsed::{Bounds, Parsed, Refusal};
use super::tails::Marks;
use super::{dotenv, hcl, json, objects, patches, toml, yaml};

/// A format with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Yaml,
    Json,
    Toml,
    Hcl,
    Dotenv,
}

impl Format {
    /// The format of a path; `None` for one without values.
    pub fn of(path: &BStr) -> Option<Self> {
        let name = path.rsplit_str("/").next()?.to_ascii_lowercase();
        if name.starts_with(b".env") && !name.ends_with(b".md") || name == b"dotenv" {
            return Some(Self::Dotenv);
        }
        // Locks of tools that say their format nowhere in the name.
        match name.as_slice() {
            b"chart.lock" | b"requirements.lock" => return Some(Self::Yaml),
            b"cargo.lock" | b"poetry.lock" | b"uv.lock" => return Some(Self::Toml),
            b"flake.lock" | b"composer.lock" | b"pipfile.lock" | b"deno.lock" => return Some(Self::Json),
            _ => {}
        }
        match name.rsplit_once_str(".").map(|(_, extension)| extension)? {
            b"yaml" | b"yml" => Some(Self::Yaml),
            b"json" | b"json5" | b"jsonc" | b"tfstate" => Some(Self::Json),
            b"toml" => Some(Self::Toml),
            b"tf" | b"tofu" | b"tfvars" | b"hcl" | b"nomad" => Some(Self::Hcl),
            b"env" => Some(Self::Dotenv),
            _ => None,
        }
    }

    /// Whether a path without a format of its own is that of a template, by its last extension.
    pub fn is_template(path: &BStr) -> bool {
        [".j2", ".jinja", ".jinja2", ".tpl", ".tmpl", ".gotmpl", ".tftpl"].iter().any(|end| path.ends_with_str(end))
    }

    /// How comments begin.
    pub const fn marks(self) -> Marks {
        match self {
            Self::Yaml | Self::Toml | Self::Dotenv => &["#"],
            Self::Json => &["//", "/*"],
            Self::Hcl => &["#", "//", "/*"],
        }
    }

    /// Reads a text, if it is within bounds.
    pub fn read(self, bytes: &[u8]) -> Result<Parsed<'_>, Refusal> {
        if bytes.len() > Bounds::BYTES {
            return Err(Refusal::new(format!("it has over {} MiB", Bounds::BYTES >> 20)));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|error| Refusal::at_offset(bytes, error.valid_up_to(), "not UTF-8"))?;
        let parsed = match self {
            Self::Yaml => yaml::read(text).map(|mut parsed| {
                if ["patches", "generators", "transformers", "validators"].iter().any(|list| text.contains(list)) {
                    parsed.documents.iter_mut().for_each(|document| patches::open(text, &mut document.root));
                }
                parsed
            }),
            Self::Json => json::read(text),
            Self::Toml => toml::read(text),
            Self::Hcl => hcl::read(text),
            Self::Dotenv => dotenv::read(text),
        };
        let parsed = parsed.map(objects::unlisted);
        parsed.map_err(|refusal| if text.contains("{{") { refusal.into_template() } else { refusal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_name() {
        for (path, format) in [
            ("a/b.yaml", Some(Format::Yaml)),
            ("a/B.YML", Some(Format::Yaml)),
            ("package.json", Some(Format::Json)),
            (".renovaterc.json5", Some(Format::Json)),
            ("Cargo.toml", Some(Format::Toml)),
            ("main.tf", Some(Format::Hcl)),
            ("main.tf.json", Some(Format::Json)),
            (".terraform.lock.hcl", Some(Format::Hcl)),
            (".env", Some(Format::Dotenv)),
            ("config/.env.production", Some(Format::Dotenv)),
            ("app.env", Some(Format::Dotenv)),
            ("README.md", None),
            ("yaml", None),
            ("x.yaml/Dockerfile", None),
        ] {
            assert_eq!(Format::of(path.into()), format, "{path}");
        }
    }
}
