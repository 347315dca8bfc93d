/** The engine of the agent persistence library, over NATS JetStream and PostgreSQL. */
@SuppressWarnings({
  "opens", // two packages hold files alone
  "module", // the command line of backups is compiled later
  "requires-transitive-automatic" // Jdbi, whose handles can join a transaction
})
module io.mistersmith.persistence.core {
  requires static transitive org.jspecify;
  requires transitive io.mistersmith.persistence.api;
  requires transitive java.sql;
  requires transitive org.jdbi.v3.core;
  requires io.mistersmith.persistence.migration;
  requires java.logging;
  requires java.naming; // the data sources of the driver are Referenceable
  requires java.net.http;
  requires java.xml;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.datatype.jdk8;
  requires com.fasterxml.jackson.datatype.jsr310;
  requires com.github.benmanes.caffeine;
  requires com.zaxxer.hikari;
  requires dev.failsafe.core;
  requires io.leangen.geantyref; // for Jdbi, which is no module, and cannot say so
  requires io.nats.jnats;
  requires org.postgresql.jdbc;
  requires org.slf4j;
  requires static micrometer.commons;
  requires static micrometer.core;
  requires static micrometer.observation;

  exports io.mistersmith.persistence.core;
  exports io.mistersmith.persistence.core.alert;
  exports io.mistersmith.persistence.core.backup;
  exports io.mistersmith.persistence.core.metrics;
  exports io.mistersmith.persistence.core.internal.backup to
      io.mistersmith.persistence.backup.cli;
  // jnats makes the port that its connections use, by name.
  exports io.mistersmith.persistence.core.internal.store.nats to
      io.nats.jnats;

  opens io.mistersmith.persistence.core.internal.log to
      com.fasterxml.jackson.databind;
  // For whoever copies the rules, the dashboard and the permissions.
  opens io.mistersmith.persistence.monitoring;
  opens io.mistersmith.persistence.nats;

  provides io.mistersmith.persistence.PersistenceProvider with
      io.mistersmith.persistence.core.CorePersistenceProvider;
  provides io.mistersmith.persistence.backup.BackupsProvider with
      io.mistersmith.persistence.core.CoreBackupsProvider;
}
