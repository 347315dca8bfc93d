package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * The statements that a unit of work sends before its first own one: its isolation, its settings,
 * and the row that identifies it later. The driver sends them, and BEGIN, in one round trip. A unit
 * that needs none of them sends nothing.
 */
final class UnitOpening {

  /** Waits for a unit with the same id that is under way. */
  private static final String NOTE =
      "INSERT INTO agents.committed_transactions (correlation_id, attempt)"
          + " VALUES (?, CAST(? AS uuid))"
          + " ON CONFLICT DO NOTHING";

  private final String text;
  private final List<String> parameters = new ArrayList<>();
  private final Optional<String> correlationId;
  private final String what;

  private UnitOpening(
      SqlOptions options, Optional<RoleSession> session, Duration statementTimeout) {
    this.correlationId = options.correlationId();
    this.what = options.what();
    List<String> statements = new ArrayList<>();
    session.ifPresent(
        role -> {
          mode(options, role.isShared()).ifPresent(statements::add);
          settings(options, role, statementTimeout).ifPresent(statements::add);
        });
    correlationId.ifPresent(
        id -> {
          statements.add(NOTE);
          parameters.add(id);
          parameters.add(options.attempt().orElseThrow().toString());
        });
    this.text = String.join(";\n", statements);
  }

  /**
   * Opens a transaction of this library's own, with the settings of a role.
   *
   * @param statementTimeout the session's, which the unit's deadline may be shorter than
   */
  static void send(
      Handle handle, SqlOptions options, RoleSession session, Duration statementTimeout) {
    new UnitOpening(options, Optional.of(session), statementTimeout).send(handle);
    SharedSession.opened(handle);
  }

  /** Notes a unit that is part of the application's transaction, whose settings stay. */
  static void note(Handle handle, SqlOptions options) {
    new UnitOpening(options, Optional.empty(), Duration.ZERO).send(handle);
  }

  /** A session that is shared may have any isolation as its default. */
  private static Optional<String> mode(SqlOptions options, boolean shared) {
    if (options.isolation() == Isolation.READ_COMMITTED && !options.isReadOnly() && !shared) {
      return Optional.empty();
    }
    return Optional.of(SharedSession.mode(options.isolation(), options.isReadOnly()));
  }

  private Optional<String> settings(
      SqlOptions options, RoleSession session, Duration statementTimeout) {
    Map<String, String> settings = new LinkedHashMap<>(session.ofTransaction());
    // For the row below, which waits for a unit with the same id; later ones have it set as needed.
    if (options.correlationId().isPresent()) {
      options
          .deadline()
          .filter(deadline -> deadline.compareTo(statementTimeout) < 0)
          .ifPresent(
              deadline -> {
                String millis = Long.toString(Math.max(1, deadline.toMillis()));
                setLast(settings, "statement_timeout", millis);
              });
    }
    options
        .idleLimit()
        .ifPresent(
            limit -> {
              settings.put("synchronous_commit", RoleSession.DURABLE);
              String millis = Long.toString(Math.max(1, limit.toMillis()));
              setLast(settings, "idle_in_transaction_session_timeout", millis);
            });
    options.applicationName().ifPresent(name -> setLast(settings, "application_name", name));
    if (!options.isReadOnly()) {
      ActorSettings.current().forEach((name, value) -> setLast(settings, name, value));
    }
    return settings.isEmpty() ? Optional.empty() : Optional.of(RoleSession.select(settings, true));
  }

  private void setLast(Map<String, String> settings, String name, String value) {
    settings.remove(name); // the parameters are bound in the order of the settings
    settings.put(name, "?");
    parameters.add(value);
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
