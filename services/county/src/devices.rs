//! `devices.csv`: device, phone, name, area_code, address, first_contact. The county's one-key call devices (一键呼叫;
//! S4-10): who lives where one is pressed, and whose turn it is first. A phone that calls for help in the same way is a
//! device too. The file is personal data; it stays with who keeps the county's folder.

use std::{collections::HashMap, path::Path};

use serde::Deserialize;

use crate::{AreaTree, Mistake, Mistakes, csv_table, read_text};

/// The file's name in a county's folder.
pub const DEVICES_FILE: &str = "devices.csv";

const MAX_CODE_BYTES: usize = 64;
const MAX_PHONE_DIGITS: usize = 20;
const MAX_NAME_CHARS: usize = 80;
const MAX_ADDRESS_CHARS: usize = 200;
/// How many a county may have.
const MAX_DEVICES: usize = 200_000;

/// One device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// By what its platform knows it; empty of a phone that is a device itself.
    pub code: String,
    /// The phone that it calls with or that is called back, digits only; may be empty.
    pub phone: String,
    /// Who lives there; may be empty.
    pub name: String,
    /// The area, by the county's own code.
    pub area_code: String,
    /// The address; may be empty.
    pub address: String,
    /// The post that is called first, a code of `posts.csv`; where empty, the head of the grid.
    pub first_contact: String,
}

/// The devices of a county.
#[derive(Debug, Clone, Default)]
pub struct Devices {
    devices: Vec<Device>,
    /// In which line each stands, for those who check what the devices name.
    lines: Vec<u64>,
    by_code: HashMap<String, usize>,
    by_phone: HashMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceRow {
    device: String,
    phone: String,
    name: String,
    area_code: String,
    address: String,
    first_contact: String,
}

impl Devices {
    /// Reads the file; where there is none, there are no devices.
    pub(crate) fn load(file: &Path, areas: &AreaTree) -> Result<Self, Mistakes> {
        let Some(text) = read_text(file)? else { return Ok(Self::default()) };
        let mut mistakes = Vec::new();
        let rows = csv_table::<DeviceRow>(file, &text, &mut mistakes);
        if rows.len() > MAX_DEVICES {
            let reason = format!("a county has at most {MAX_DEVICES} devices");
            return Err(Mistake::new(file, 0, reason).into());
        }
        let mut devices = Self::default();
        for row in rows {
            if let Err(reason) = devices.add(row.value, row.line, areas) {
                mistakes.push(Mistake::new(file, row.line, reason));
            }
        }
        if mistakes.is_empty() { Ok(devices) } else { Err(Mistakes(mistakes)) }
    }

    /// What is wrong is said without repeating what is personal.
    fn add(&mut self, row: DeviceRow, line: u64, areas: &AreaTree) -> Result<(), String> {
        let DeviceRow { device: code, phone, name, area_code, address, first_contact } = row;
        if code.is_empty() && phone.is_empty() {
            return Err("a device needs a code or a phone number".to_owned());
        }
        let plain = |text: &str| {
            text.len() <= MAX_CODE_BYTES
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !plain(&code) || !plain(&first_contact) {
            return Err(format!("a code has at most {MAX_CODE_BYTES} letters, digits, - and _"));
        }
        if phone.len() > MAX_PHONE_DIGITS || !phone.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("a phone number has at most {MAX_PHONE_DIGITS} digits and nothing else"));
        }
        check_text(&name, MAX_NAME_CHARS, "a name")?;
        check_text(&address, MAX_ADDRESS_CHARS, "an address")?;
        let area =
            areas.find(&area_code).ok_or_else(|| format!("the area {area_code} is not in areas.csv"))?;
        let at = self.devices.len();
        if !code.is_empty() && self.by_code.insert(code.clone(), at).is_some() {
            return Err(format!("{code} is there twice"));
        }
        if !phone.is_empty() && self.by_phone.insert(phone.clone(), at).is_some() {
            return Err("the phone number is there twice".to_owned());
        }
        let area_code = area.code.clone();
        self.devices.push(Device { code, phone, name, area_code, address, first_contact });
        self.lines.push(line);
        Ok(())
    }

    /// The device that its platform knows by this code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<&Device> {
        self.by_code.get(code).map(|at| &self.devices[*at])
    }

    /// The device that calls with this phone, digits only.
    #[must_use]
    pub fn by_phone(&self, phone: &str) -> Option<&Device> {
        self.by_phone.get(phone).map(|at| &self.devices[*at])
    }

    /// All devices in the file's order, with their lines.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Device)> {
        self.lines.iter().copied().zip(&self.devices)
    }
}

fn check_text(text: &str, at_most: usize, what: &str) -> Result<(), String> {
    if text.chars().count() > at_most || text.chars().any(char::is_control) {
        return Err(format!("{what} has at most {at_most} characters on one line"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "device,phone,name,area_code,address,first_contact\n";

    fn read(rows: &str) -> Result<Devices, Vec<String>> {
        let county = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let areas = AreaTree::load(&county, "421181").unwrap();
        let file =
            std::env::temp_dir().join(format!("fengqiao-devices-{}-{}", std::process::id(), rows.len()));
        std::fs::write(&file, format!("{HEAD}{rows}")).unwrap();
        let read = Devices::load(&file, &areas);
        std::fs::remove_file(&file).unwrap();
        read.map_err(|Mistakes(found)| {
            found.into_iter().map(|one| format!("{}: {}", one.line, one.reason)).collect()
        })
    }

    #[test]
    fn s4_10_a_device_is_found_by_its_code_and_by_its_phone() {
        let devices = read(
            "K-1,15420050001,王大爷,421181001001001,1栋1单元101,building-head\n\
             ,15420050002,,421181001001,,\n",
        )
        .unwrap();
        assert_eq!(devices.by_code("K-1").unwrap().address, "1栋1单元101");
        assert_eq!(devices.by_code("K-1"), devices.by_phone("15420050001"));
        assert_eq!(devices.by_phone("15420050002").unwrap().area_code, "421181001001");
        assert!(devices.by_code("").is_none() && devices.by_phone("").is_none());
        assert_eq!(devices.iter().map(|(line, _)| line).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn mistakes_of_devices_are_named_without_what_is_personal() {
        let found = read(
            "K-1,,,421181001001,,\n\
             K-1,,,421181001001,,\n\
             ,,,421181001001,,\n\
             K 2,,,421181001001,,\n\
             K-3,154-2005,,421181001001,,\n\
             K-4,,,999999,,\n\
             K-5,15420050001,,421181001001,,\n\
             K-6,15420050001,,421181001001,,\n",
        )
        .unwrap_err();
        let said = [
            "3: K-1 is there twice",
            "4: a device needs",
            "5: a code has",
            "6: a phone number has",
            "7: the area 999999",
            "9: the phone number is there twice",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{said}: {found}");
            assert!(!found.contains("15420050001"));
        }
    }
}
