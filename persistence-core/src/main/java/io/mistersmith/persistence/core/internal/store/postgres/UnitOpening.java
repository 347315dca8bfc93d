package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * The statements that a unit of work sends before its first own one: its isolation, its settings,
 * and the row that identifies it later. The driver sends them, and BEGIN, in one round trip. A unit
 * that needs none of them sends nothing.
 */
final class UnitOpening {

  /** Sessions that commit without waiting for the disk may be an application's, or a pooler's. */
  private static final String DURABLE =
      "set_config('synchronous_commit',"
          + " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
          + " THEN 'on' ELSE current_setting('synchronous_commit') END, true)";

  /** Waits for a unit with the same id that is under way. */
  private static final String NOTE =
      "INSERT INTO agents.committed_transactions (correlation_id) VALUES (?)"
          + " ON CONFLICT (correlation_id) DO NOTHING";

  private final String text;
  private final List<String> parameters = new ArrayList<>();
  private final Optional<String> correlationId;
  private final String what;

  private UnitOpening(SqlOptions options, boolean ownTransaction) {
    this.correlationId = options.correlationId();
    this.what = options.what();
    List<String> statements = new ArrayList<>();
    if (ownTransaction) {
      mode(options).ifPresent(statements::add);
      settings(options).ifPresent(statements::add);
    }
    correlationId.ifPresent(
        id -> {
          statements.add(NOTE);
          parameters.add(id);
        });
    this.text = String.join(";\n", statements);
  }

  /** Opens a transaction of this library's own. */
  static void send(Handle handle, SqlOptions options) {
    new UnitOpening(options, true).send(handle);
  }

  /** Notes a unit that is part of the application's transaction, whose settings stay. */
  static void note(Handle handle, SqlOptions options) {
    new UnitOpening(options, false).send(handle);
  }

  private static Optional<String> mode(SqlOptions options) {
    if (options.isolation() == Isolation.READ_COMMITTED && !options.isReadOnly()) {
      return Optional.empty();
    }
    return Optional.of(
        "SET TRANSACTION ISOLATION LEVEL "
            + options.isolation().name().replace('_', ' ')
            + (options.isReadOnly() ? " READ ONLY" : ""));
  }

  private Optional<String> settings(SqlOptions options) {
    List<String> settings = new ArrayList<>();
    options
        .idleLimit()
        .ifPresent(
            limit -> {
              settings.add(DURABLE);
              settings.add("set_config('idle_in_transaction_session_timeout', ?, true)");
              parameters.add(Long.toString(Math.max(1, limit.toMillis())));
            });
    options
        .applicationName()
        .ifPresent(
            name -> {
              settings.add("set_config('application_name', ?, true)");
              parameters.add(name);
            });
    return settings.isEmpty()
        ? Optional.empty()
        : Optional.of("SELECT " + String.join(", ", settings));
  }

  /** Past Jdbi, which knows neither several statements in one text nor their results. */
  private void send(Handle handle) {
    if (text.isEmpty()) {
      return;
    }
    boolean noted;
    try (PreparedStatement statement = handle.getConnection().prepareStatement(text)) {
      for (int i = 0; i < parameters.size(); i++) {
        statement.setString(i + 1, parameters.get(i));
      }
      noted = lastCount(statement) == 1;
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException(e, null);
    }
    if (correlationId.isPresent() && !noted) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          what
              + ": a transaction with the correlation id "
              + correlationId.get()
              + " was committed before; nothing was applied");
    }
  }

  /** Returns how many rows the last statement of the text changed. */
  private static int lastCount(PreparedStatement statement) throws SQLException {
    boolean rows = statement.execute();
    int last = rows ? 0 : statement.getUpdateCount();
    while (statement.getMoreResults() || statement.getUpdateCount() != -1) {
      last = Math.max(0, statement.getUpdateCount());
    }
    return last;
  }
}
