//! Issuing a form: kept, and its push told to the owner of its agency's queue or put on it.

use super::Delivery;
use crate::{
    domain::{
        form::{IssuedForm, StoredForm},
        lane::Lane,
        queued::Queued,
    },
    error::NotificationError,
};

impl Delivery {
    /// Issues a form, and its push where it goes to an agency. The same request again answers as the first time.
    ///
    /// # Errors
    /// [`NotificationError::Repeated`] where the request id was used for another form, or of the database.
    pub async fn issue(&self, issued: &IssuedForm) -> Result<StoredForm, NotificationError> {
        let (form, new) = self.store.issue(issued, self.keyring.as_ref()).await?;
        if !new || !form.pushed {
            return Ok(form);
        }
        if self.kept.queue(&form.county, &form.agency).is_some() {
            // Its owner is here, and reads it by itself; should it go meanwhile, the sweeper tells the next.
            self.bells.ring(&form.county, &form.agency);
        } else {
            let queued =
                Queued { agency: form.agency.clone(), lane: Lane::of(form.level), push_id: form.form_id };
            if let Err(error) = self.queues.enqueue(&form.county, &[queued]).await {
                // The sweeper queues it.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the push of a form is not queued yet"
                );
            }
        }
        Ok(form)
    }
}
