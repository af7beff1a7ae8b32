//! `people`: who may sign.

use super::place;
use super::reader::{Fields, Keys, Reader};
use super::yaml::{Node, Spot};
use crate::policy::checked::is_login;
use crate::policy::error::quoted;
use crate::policy::signers::is_address;
use crate::policy::{Person, Role};

pub(super) const PERSON: Keys = Keys { of: "a person", known: &["name", "emails", "github", "roles"], later: &[] };
const ROLES: [(&str, Role); 2] = [("approve", Role::Approve), ("admin", Role::Admin)];

/// Reads everybody; names, addresses and logins are one person's each.
pub(super) fn read(reader: &mut Reader, fields: &Fields) -> Vec<Person> {
    let Some(node) = fields.get("people") else {
        reader.missing(fields, "people", "write `people:` and who may approve; without anybody nothing can land");
        return Vec::new();
    };
    let items = reader.list(node, "people");
    let mut taken = Taken::default();
    items.iter().filter_map(|item| person(reader, item, &mut taken)).collect()
}

/// Names, addresses and logins that an earlier person has, in lower case: `Maria` and `maria` would be mixed up.
#[derive(Default)]
struct Taken {
    names: Vec<String>,
    emails: Vec<String>,
    logins: Vec<String>,
}

impl Taken {
    fn take(list: &mut Vec<String>, reader: &mut Reader, at: Spot, text: &str, what: &str) {
        let folded = text.to_lowercase();
        if list.contains(&folded) {
            reader.error(
                at,
                format!("{what} {} stands twice", quoted(text)),
                "one key, one address, one name: one person",
            );
        } else {
            list.push(folded);
        }
    }
}

fn person(reader: &mut Reader, node: &Node, taken: &mut Taken) -> Option<Person> {
    let fields = reader.map(node, &PERSON)?;
    let name = reader.name(&fields, "the name that entries and screens use");
    if let Some(name) = &name {
        Taken::take(&mut taken.names, reader, fields.place("name"), name, "the person");
    }
    let emails = emails(reader, &fields, taken);
    let github = github(reader, &fields, taken);
    let roles = roles(reader, &fields);
    Some(Person { name: name?, emails, github, roles, at: place(fields.at) })
}

fn emails(reader: &mut Reader, fields: &Fields, taken: &mut Taken) -> Vec<String> {
    let Some(node) = fields.get("emails") else { return Vec::new() };
    let mut emails = Vec::new();
    for (at, email) in reader.texts(node, "emails") {
        if is_address(email) {
            Taken::take(&mut taken.emails, reader, at, email, "the address");
            emails.push(email.to_owned());
        } else {
            let hint = "one plain address, as in `allowed_signers` and in commits";
            reader.error(at, format!("{} is not an address", quoted(email)), hint);
        }
    }
    emails
}

fn github(reader: &mut Reader, fields: &Fields, taken: &mut Taken) -> Option<String> {
    let node = fields.get("github")?;
    let login = reader.text(node, "github")?;
    if !is_login(login) {
        reader.error(node.at, format!("{} is not a login", quoted(login)), "the name in github.com/NAME");
        return None;
    }
    Taken::take(&mut taken.logins, reader, node.at, login, "the login");
    Some(login.to_owned())
}

fn roles(reader: &mut Reader, fields: &Fields) -> Vec<Role> {
    let Some(node) = fields.get("roles") else { return vec![Role::Approve] };
    let mut roles = Vec::new();
    for item in reader.list(node, "roles") {
        let role = reader.word(item, "roles", &ROLES);
        roles.extend(role.filter(|role| !roles.contains(role)));
    }
    roles
}
