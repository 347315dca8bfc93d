/** The command line of backups. */
module io.mistersmith.persistence.backup.cli {
  requires static org.jspecify;
  requires io.mistersmith.persistence.api;
  requires io.mistersmith.persistence.core;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.datatype.jdk8;
  requires com.fasterxml.jackson.datatype.jsr310;
  requires info.picocli;

  opens io.mistersmith.persistence.backup.cli to
      info.picocli;
}
