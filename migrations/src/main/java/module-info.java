/**
 * Migrations of the agent persistence library's PostgreSQL schema: the runner, its reports, and
 * changes to tables in use.
 */
@SuppressWarnings("opens") // these packages hold scripts alone
module io.mistersmith.persistence.migration {
  requires static transitive org.jspecify;
  requires transitive java.sql;
  requires java.naming; // the data sources of the driver are Referenceable
  requires org.postgresql.jdbc;
  requires org.slf4j;
  requires static info.picocli;

  exports io.mistersmith.persistence.migration;
  exports io.mistersmith.persistence.migration.model;
  exports io.mistersmith.persistence.migration.online;
  exports io.mistersmith.persistence.migration.report;

  opens io.mistersmith.persistence.cli to
      info.picocli;
  // For migration tools that look for scripts on the class path, such as Flyway.
  opens io.mistersmith.persistence.db.audit;
  opens io.mistersmith.persistence.db.core;
  opens io.mistersmith.persistence.db.events;
  opens io.mistersmith.persistence.db.monitoring;
  opens io.mistersmith.persistence.db.online;
  opens io.mistersmith.persistence.db.recovery;
  opens io.mistersmith.persistence.db.roles;
  opens io.mistersmith.persistence.db.state_search;
  opens io.mistersmith.persistence.db.statements;
  opens io.mistersmith.persistence.db.task_search;
  opens io.mistersmith.persistence.db.tenants;
  opens io.mistersmith.persistence.db.vector;
}
