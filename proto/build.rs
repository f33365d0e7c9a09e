//! Compiles the contract with protox, so that no system `protoc` is needed.

use std::{env, error::Error, fs, path::PathBuf};

const FILES: &[&str] = &[
    "fengqiao/type/v1/access.proto",
    "fengqiao/type/v1/case_state.proto",
    "fengqiao/type/v1/form.proto",
    "fengqiao/type/v1/level.proto",
    "fengqiao/type/v1/matter.proto",
    "fengqiao/type/v1/push_subject.proto",
    "fengqiao/type/v1/refusal.proto",
    "fengqiao/type/v1/source.proto",
    "fengqiao/type/v1/telling.proto",
    "fengqiao/intake/v1/activity.proto",
    "fengqiao/intake/v1/activity_service.proto",
    "fengqiao/intake/v1/background_service.proto",
    "fengqiao/intake/v1/change.proto",
    "fengqiao/intake/v1/change_service.proto",
    "fengqiao/intake/v1/cluster_events.proto",
    "fengqiao/intake/v1/details.proto",
    "fengqiao/intake/v1/events.proto",
    "fengqiao/intake/v1/hotline_ticket.proto",
    "fengqiao/intake/v1/intake_service.proto",
    "fengqiao/intake/v1/linkage_service.proto",
    "fengqiao/intake/v1/own_field.proto",
    "fengqiao/intake/v1/police_call.proto",
    "fengqiao/intake/v1/record_service.proto",
    "fengqiao/intake/v1/report.proto",
    "fengqiao/intake/v1/source_category.proto",
    "fengqiao/intake/v1/weights_service.proto",
    "fengqiao/routing/v1/alert_service.proto",
    "fengqiao/routing/v1/audit_service.proto",
    "fengqiao/routing/v1/case.proto",
    "fengqiao/routing/v1/case_acts.proto",
    "fengqiao/routing/v1/case_links.proto",
    "fengqiao/routing/v1/docket.proto",
    "fengqiao/routing/v1/duty_service.proto",
    "fengqiao/routing/v1/events.proto",
    "fengqiao/routing/v1/meeting_service.proto",
    "fengqiao/routing/v1/merge_suggestion_service.proto",
    "fengqiao/routing/v1/one_key_call.proto",
    "fengqiao/routing/v1/people_events.proto",
    "fengqiao/routing/v1/routing_service.proto",
    "fengqiao/routing/v1/settings_service.proto",
    "fengqiao/routing/v1/staff.proto",
    "fengqiao/routing/v1/work_service.proto",
    "fengqiao/notification/v1/account.proto",
    "fengqiao/notification/v1/answer.proto",
    "fengqiao/notification/v1/attachment.proto",
    "fengqiao/notification/v1/endpoints.proto",
    "fengqiao/notification/v1/events.proto",
    "fengqiao/notification/v1/forms.proto",
    "fengqiao/notification/v1/notification_service.proto",
    "fengqiao/notification/v1/paper.proto",
    "fengqiao/notification/v1/people.proto",
    "fengqiao/notification/v1/push.proto",
    "fengqiao/notification/v1/reading.proto",
    "fengqiao/sealing/v1/sealing_service.proto",
    "fengqiao/statistics/v1/analysis_service.proto",
    "fengqiao/statistics/v1/bulletin_service.proto",
    "fengqiao/statistics/v1/events.proto",
    "fengqiao/statistics/v1/export_service.proto",
    "fengqiao/statistics/v1/facts_service.proto",
    "fengqiao/statistics/v1/statistics_service.proto",
    "fengqiao/statistics/v1/watch_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=fengqiao");
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    // Kept with its method options (who may call), which prost's own types would drop.
    let encoded = compiler.encode_file_descriptor_set();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("contract.bin"), encoded)?;
    let mut config = tonic_prost_build::Config::new();
    // Events are named by their message's full name.
    config.enable_type_names();
    tonic_prost_build::configure().compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}
