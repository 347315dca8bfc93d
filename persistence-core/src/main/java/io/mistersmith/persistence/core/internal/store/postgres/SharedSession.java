package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.DefaultStatementBuilder;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.StatementCustomizer;

/**
 * Sends the settings of a role, and the isolation, with the first statement of each transaction, as
 * one text: the driver sends them in one round trip, so that a single read costs no more of them
 * than on a session of its own. A statement outside of a transaction is one: the server runs all
 * that is sent at once in one transaction. Belongs to one handle, which runs one transaction at
 * most, and so to one thread.
 */
final class SharedSession extends DefaultStatementBuilder {

  private static final String RESULTS_BEFORE = "results of the opening";

  /** Passes over the results that come before the statement's own. */
  private static final StatementCustomizer OWN_RESULT =
      new StatementCustomizer() {
        @Override
        public void afterExecution(PreparedStatement statement, StatementContext context)
            throws SQLException {
          if (context.getAttribute(RESULTS_BEFORE) instanceof Integer before) {
            for (int i = 0; i < before; i++) {
              boolean unused = statement.getMoreResults();
            }
          }
        }
      };

  private final String settings;
  private String mode = mode(Isolation.READ_COMMITTED, false);
  private boolean opened;
  private boolean alone;

  private SharedSession(String settings) {
    this.settings = settings;
  }

  /** Has all handles send the settings of the session, where it is shared. */
  static void install(Jdbi jdbi, RoleSession session) {
    if (session.isShared()) {
      String settings = session.untilCommit();
      jdbi.setStatementBuilderFactory(connection -> new SharedSession(settings));
      jdbi.configure(SqlStatements.class, config -> config.addCustomizer(OWN_RESULT));
    }
  }

  /** Returns the statement that gives the transaction its isolation. */
  static String mode(Isolation isolation, boolean readOnly) {
    return "SET TRANSACTION ISOLATION LEVEL "
        + isolation.name().replace('_', ' ')
        + (readOnly ? " READ ONLY" : "");
  }

  /** Has the next transaction of the handle begin with {@code mode}; false where it cannot. */
  static boolean opensWith(Handle handle, String mode) {
    if (handle.getStatementBuilder() instanceof SharedSession shared) {
      shared.mode = mode;
      return true;
    }
    return false;
  }

  /** Says that the handle's transaction has its settings. */
  static void opened(Handle handle) {
    if (handle.getStatementBuilder() instanceof SharedSession shared) {
      shared.opened = true;
    }
  }

  /**
   * Has a handle send one statement without the settings: the server would run them together, in a
   * transaction, which the statement refuses. Its time has no limit but the connection's.
   */
  static <T> Function<Handle, T> alone(Function<Handle, T> work) {
    return handle -> {
      if (handle.getStatementBuilder() instanceof SharedSession shared) {
        shared.alone = true;
      }
      return work.apply(handle);
    };
  }

  @Override
  public PreparedStatement create(Connection connection, String sql, StatementContext context)
      throws SQLException {
    if (alone) {
      return super.create(connection, sql, context);
    }
    if (connection.getAutoCommit()) {
      opened = false;
      context.define(RESULTS_BEFORE, 1);
      return super.create(connection, settings + ";\n" + sql, context);
    }
    if (opened) {
      return super.create(connection, sql, context);
    }
    opened = true;
    context.define(RESULTS_BEFORE, 2);
    return super.create(connection, mode + ";\n" + settings + ";\n" + sql, context);
  }
}
