/** The public API of the agent persistence library, and the SPI that its stores implement. */
module io.mistersmith.persistence.api {
  requires static transitive org.jspecify;

  exports io.mistersmith.persistence;
  exports io.mistersmith.persistence.config;
  exports io.mistersmith.persistence.conflict;
  exports io.mistersmith.persistence.crdt;
  exports io.mistersmith.persistence.error;
  exports io.mistersmith.persistence.lifecycle;
  exports io.mistersmith.persistence.model;
  exports io.mistersmith.persistence.monitor;
  exports io.mistersmith.persistence.repository;
  exports io.mistersmith.persistence.routing;
  exports io.mistersmith.persistence.spi;

  uses io.mistersmith.persistence.PersistenceProvider;
}
