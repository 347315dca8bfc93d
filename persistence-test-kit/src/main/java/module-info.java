/**
 * Stores in memory, faults, a clock that tests move, a JUnit extension, and real servers. Servers
 * in containers need Testcontainers on the class path: its jars share a package, and cannot be
 * modules.
 */
module io.mistersmith.persistence.testkit {
  requires static transitive org.jspecify;
  requires transitive io.mistersmith.persistence.api;
  requires java.management;
  requires java.sql;
  requires org.slf4j;
  requires static org.apache.commons.compress;
  requires static org.junit.jupiter.api;

  exports io.mistersmith.persistence.testkit;
  exports io.mistersmith.persistence.testkit.fault;
  exports io.mistersmith.persistence.testkit.junit;
  exports io.mistersmith.persistence.testkit.memory;
  exports io.mistersmith.persistence.testkit.server;
  exports io.mistersmith.persistence.testkit.time;
}
