//! What people are called when their whole name is not said.

use crate::{
    dice::Dice,
    matters::Register,
    world::{Kin, Person, surname_of},
};

const YEAR: i16 = 2026;

/// 王女士, 老王, 王师傅, 王某 …
pub fn alias(person: &Person, register: Register, dice: &mut Dice) -> String {
    let surname = surname_of(&person.name);
    let age = YEAR - person.born.year();
    let lady = if person.female { "女士" } else { "先生" };
    if register == Register::Formal && dice.happens(0.75) {
        return format!("{surname}{lady}");
    }
    if register == Register::Police && dice.happens(0.6) {
        return format!("{surname}{}", dice.word(&["某", "某某", lady, lady]));
    }
    let given = &person.name[surname.len()..];
    let mut forms = vec![format!("{surname}{lady}"), format!("{surname}某")];
    if age >= 45 {
        forms.push(format!("老{surname}"));
    }
    if age < 42 {
        forms.push(format!("小{surname}"));
    }
    if person.female {
        forms.push(format!("{surname}{}", if age > 62 { "婆婆" } else { "大姐" }));
        if person.kin == Kin::Wife {
            forms.push(format!("{surname}嫂"));
        }
    } else {
        forms.push(format!("{surname}{}", if age > 62 { "爹" } else { "师傅" }));
        forms.push(format!("{surname}{}", dice.word(&["老板", "总", "哥", "师傅"])));
    }
    // The given name alone, as neighbours call each other.
    if given.chars().count() == 2 && register == Register::Dialect {
        forms.push(given.to_owned());
        forms.push(format!("{}{given}", dice.word(&["细", "阿", "老"])));
    }
    dice.pick(&forms).clone()
}

/// A name that is none.
pub fn nobody(dice: &mut Dice) -> String {
    dice.word(&["", "", "", "匿名", "不详", "群众", "热心市民", "不愿透露姓名", "无名氏", "未知"]).to_owned()
}

/// A whole name with what clerks write around it.
pub fn decorated(name: &str, female: bool, dice: &mut Dice) -> String {
    let sign = if female { "女" } else { "男" };
    match dice.below(9) {
        0 => format!("报警人{name}"),
        1 => format!("业主{name}"),
        2 => format!("村民{name}"),
        3 => format!("{name}（{sign}）"),
        4 => format!("{name}(本人)"),
        5 => format!("{name}{}", if female { "女士" } else { "先生" }),
        6 => {
            let mut spaced = String::new();
            for one in name.chars() {
                if !spaced.is_empty() {
                    spaced.push(' ');
                }
                spaced.push(one);
            }
            spaced
        }
        7 => format!("户主:{name}"),
        _ => format!("{name}同志"),
    }
}
