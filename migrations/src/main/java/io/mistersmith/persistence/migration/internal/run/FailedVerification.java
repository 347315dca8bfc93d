package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.history.ValidationResults;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** A query of a script's header returned a row. */
final class FailedVerification extends SQLException {
  private static final long serialVersionUID = 1L;

  /** PostgreSQL's own code of a failed assertion. */
  private static final String ASSERT_FAILURE = "P0004";

  private final transient ScriptId script;
  private final String name;
  private final ValidationResults.Type type;
  private final Duration took;

  FailedVerification(
      ScriptId script, String name, ValidationResults.Type type, Duration took, String message) {
    super(message, ASSERT_FAILURE);
    this.script = script;
    this.name = name;
    this.type = type;
    this.took = took;
  }

  /** Keeps it among the results, in a transaction other than the one that it ended. */
  void record(Connection connection) throws SQLException {
    ValidationResults.record(
        connection, script, name, type, false, String.valueOf(getMessage()), took);
  }
}
