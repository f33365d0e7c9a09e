//! Arrow Flight SQL: what drivers of Python, JDBC and ODBC speak.
//!
//! Nothing is kept between calls: the handle of a statement, prepared or not, is its query, and who runs it is who calls.
//! So a lost connection, another process or a restart costs a caller nothing, and no handle opens what its bearer may not
//! see.

mod about;
mod keys;
mod session;

use std::{pin::Pin, sync::Arc};

use arrow_flight::{
    Action, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, IpcMessage,
    SchemaAsIpc, Ticket,
    encode::FlightDataEncoderBuilder,
    error::FlightError,
    flight_service_server::FlightService,
    sql::{
        ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
        ActionCreatePreparedStatementResult, CommandGetCatalogs, CommandGetCrossReference,
        CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys, CommandGetPrimaryKeys,
        CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, CommandGetXdbcTypeInfo,
        CommandPreparedStatementQuery, CommandStatementQuery, DoPutPreparedStatementResult, ProstMessageExt,
        SqlInfo, TicketStatementQuery,
        metadata::{SqlInfoData, XdbcTypeInfoData},
        server::{FlightSqlService, PeekableFlightDataStream},
    },
};
use datafusion::arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
    error::ArrowError,
    ipc::writer::IpcWriteOptions,
};
use fengqiao_access::principal;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use prost::{Message as _, bytes::Bytes};
use tonic::{Request, Response, Status, Streaming};

use crate::{
    engine::{CATALOG, Caller, Engine, SCHEMA},
    error::AnalystsError,
};

/// The full name of the service, for the gate.
pub const SERVICE: &str = "arrow.flight.protocol.FlightService";
/// The path of the method by which drivers sign in with a user and a password.
pub const HANDSHAKE: &str = "/arrow.flight.protocol.FlightService/Handshake";
/// The header of who calls.
const AUTHORIZATION: &str = "authorization";
/// What is told of a table to tools.
const TABLE_TYPE: &str = "TABLE";

/// Speaks Flight SQL.
pub struct FlightFace {
    engine: Arc<Engine>,
    about: SqlInfoData,
    types: XdbcTypeInfoData,
}

type Greeting = Response<Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>>;
type Actions = Response<Pin<Box<dyn Stream<Item = Result<arrow_flight::Result, Status>> + Send>>>;
type Answer = Response<Pin<Box<dyn Stream<Item = Result<arrow_flight::FlightData, Status>> + Send>>>;

impl FlightFace {
    /// With this engine.
    ///
    /// # Errors
    /// [`FlightError`], which does not happen.
    pub fn new(engine: Arc<Engine>) -> Result<Self, FlightError> {
        Ok(Self { engine, about: about::server()?, types: about::types()? })
    }

    async fn info(
        &self,
        query: &str,
        ticket: impl ProstMessageExt,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let caller = Caller::of(principal(&request)?);
        let schema = self.engine.schema(&caller, query).await?;
        told(&schema, ticket, request)
    }

    async fn rows(&self, query: &[u8], request: &Request<Ticket>) -> Result<Answer, Status> {
        let caller = Caller::of(principal(request)?);
        let within = self.engine.run(&caller, text(query)?).await?;
        let schema = within.schema();
        Ok(encoded(schema, within.map_err(|error| FlightError::from(Status::from(error)))))
    }
}

/// The query of a handle.
fn text(handle: &[u8]) -> Result<&str, Status> {
    std::str::from_utf8(handle).map_err(|_| AnalystsError::wrong("handle", "one that was given").into())
}

fn told(
    schema: &Schema,
    ticket: impl ProstMessageExt,
    request: Request<FlightDescriptor>,
) -> Result<Response<FlightInfo>, Status> {
    let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket.as_any().encode_to_vec()));
    let info = FlightInfo::new()
        .try_with_schema(schema)
        .map_err(of_arrow)?
        .with_endpoint(endpoint)
        .with_descriptor(request.into_inner());
    Ok(Response::new(info))
}

fn encoded(
    schema: SchemaRef,
    rows: impl Stream<Item = Result<RecordBatch, FlightError>> + Send + 'static,
) -> Answer {
    let data = FlightDataEncoderBuilder::new().with_schema(schema).build(rows).map_err(Status::from);
    Response::new(data.boxed())
}

fn at_once(schema: SchemaRef, batch: Result<RecordBatch, FlightError>) -> Answer {
    encoded(schema, stream::once(async { batch }))
}

/// Of what there is none.
fn none(schema: SchemaRef) -> Answer {
    encoded(schema, stream::empty())
}

fn of_arrow(error: ArrowError) -> Status {
    AnalystsError::from(error).into()
}

#[tonic::async_trait]
impl FlightSqlService for FlightFace {
    type FlightService = Self;

    /// The gate has made a bearer token of user and password: it is the answer, for all other calls.
    async fn do_handshake(&self, request: Request<Streaming<HandshakeRequest>>) -> Result<Greeting, Status> {
        principal(&request)?;
        let token = request.metadata().get(AUTHORIZATION).cloned();
        let token = token
            .ok_or_else(|| Status::unauthenticated("a user, and a token as the password, are needed"))?;
        let mut response: Greeting = Response::new(Box::pin(stream::empty()));
        response.metadata_mut().insert(AUTHORIZATION, token);
        Ok(response)
    }

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let ticket = TicketStatementQuery { statement_handle: query.query.clone().into() };
        self.info(&query.query, ticket, request).await
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let handle = query.prepared_statement_handle.clone();
        self.info(text(&handle)?, query, request).await
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&query.into_builder().schema(), query, request)
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&query.clone().into_builder().schema(), query, request)
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&query.clone().into_builder().schema(), query, request)
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&query.into_builder().schema(), query, request)
    }

    async fn get_flight_info_sql_info(
        &self,
        query: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&query.clone().into_builder(&self.about).schema(), query, request)
    }

    async fn get_flight_info_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&query.into_builder(&self.types).schema(), query, request)
    }

    async fn get_flight_info_primary_keys(
        &self,
        query: CommandGetPrimaryKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&keys::primary(), query, request)
    }

    async fn get_flight_info_exported_keys(
        &self,
        query: CommandGetExportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&keys::foreign(), query, request)
    }

    async fn get_flight_info_imported_keys(
        &self,
        query: CommandGetImportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&keys::foreign(), query, request)
    }

    async fn get_flight_info_cross_reference(
        &self,
        query: CommandGetCrossReference,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        told(&keys::foreign(), query, request)
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        self.rows(&ticket.statement_handle, &request).await
    }

    async fn do_get_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        self.rows(&query.prepared_statement_handle, &request).await
    }

    async fn do_get_catalogs(
        &self,
        query: CommandGetCatalogs,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let mut builder = query.into_builder();
        builder.append(CATALOG);
        Ok(at_once(builder.schema(), builder.build()))
    }

    async fn do_get_schemas(
        &self,
        query: CommandGetDbSchemas,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let mut builder = query.into_builder();
        builder.append(CATALOG, SCHEMA);
        Ok(at_once(builder.schema(), builder.build()))
    }

    async fn do_get_tables(
        &self,
        query: CommandGetTables,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let mut builder = query.into_builder();
        for table in &self.engine.catalogue.tables {
            let schema = table.described_schema();
            builder.append(CATALOG, SCHEMA, &table.name, TABLE_TYPE, &schema).map_err(Status::from)?;
        }
        Ok(at_once(builder.schema(), builder.build()))
    }

    async fn do_get_table_types(
        &self,
        query: CommandGetTableTypes,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let mut builder = query.into_builder();
        builder.append(TABLE_TYPE);
        Ok(at_once(builder.schema(), builder.build()))
    }

    async fn do_get_sql_info(
        &self,
        query: CommandGetSqlInfo,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let builder = query.into_builder(&self.about);
        Ok(at_once(builder.schema(), builder.build()))
    }

    async fn do_get_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let builder = query.into_builder(&self.types);
        Ok(at_once(builder.schema(), builder.build()))
    }

    async fn do_get_primary_keys(
        &self,
        _: CommandGetPrimaryKeys,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        Ok(none(keys::primary()))
    }

    async fn do_get_exported_keys(
        &self,
        _: CommandGetExportedKeys,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        Ok(none(keys::foreign()))
    }

    async fn do_get_imported_keys(
        &self,
        _: CommandGetImportedKeys,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        Ok(none(keys::foreign()))
    }

    async fn do_get_cross_reference(
        &self,
        _: CommandGetCrossReference,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        Ok(none(keys::foreign()))
    }

    async fn do_action_fallback(&self, request: Request<Action>) -> Result<Actions, Status> {
        let action = request.into_inner();
        let told = session::answer(&action)?;
        let told = told.ok_or_else(|| Status::unimplemented("there is no such action"))?;
        Ok(Response::new(Box::pin(stream::once(async { Ok(told) }))))
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let caller = Caller::of(principal(&request)?);
        let schema = self.engine.schema(&caller, &query.query).await?;
        let ipc = |schema: &Schema| -> Result<Bytes, Status> {
            let message: IpcMessage =
                SchemaAsIpc::new(schema, &IpcWriteOptions::default()).try_into().map_err(of_arrow)?;
            Ok(message.0)
        };
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: query.query.into(),
            dataset_schema: ipc(&schema)?,
            parameter_schema: ipc(&Schema::empty())?,
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        _: ActionClosePreparedStatementRequest,
        _: Request<Action>,
    ) -> Result<(), Status> {
        // Nothing is kept of it.
        Ok(())
    }

    async fn do_put_prepared_statement_query(
        &self,
        _: CommandPreparedStatementQuery,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        Err(AnalystsError::wrong("query", "a query without parameters").into())
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}
