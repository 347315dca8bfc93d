package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.online.BatchLoop.Phase;
import io.mistersmith.persistence.migration.online.Pacing.Sleeper;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds a column to a table in use: nullable and with its default in a moment, then filled batch by
 * batch in the order of the primary key, then NOT NULL by way of a validated check. Other sessions
 * wait no longer than the {@link Pacing} allows.
 *
 * <p>The position is in the database and moves with each batch: after an exception or the death of
 * the process, {@link #run()} of an equal object resumes there, in any process. Two at a time share
 * the work. Until it is done, a NULL in the column means that the row is not filled yet; triggers
 * of the table fire for a filled row as for any update.
 *
 * <p>Needs the set {@code online} of the migrations, and a user who owns the table. Immutable and
 * thread-safe. The expressions are SQL: never take them from untrusted input.
 */
public final class OnlineColumn {
  private static final Logger LOG = LoggerFactory.getLogger(OnlineColumn.class);

  /** The timeout of a step that blocks other sessions; its statements take only a moment. */
  private static final Duration STEP_LIMIT = Duration.ofSeconds(1);

  private static final String ADD =
      """
      SELECT migrations.add_column_online(
               ?::regclass, ?, ?, ?, ?, ?, pg_catalog.make_interval(secs => ?), 1)
      """;

  private static final String STATE =
      "SELECT c.state FROM migrations.online_changes c WHERE c.change_id = ?";

  private static final String FINISH =
      "SELECT migrations.finish_column_online(?, pg_catalog.make_interval(secs => ?), 1)";

  private final Builder settings;

  private OnlineColumn(Builder settings) {
    this.settings = settings;
  }

  /** Starts the description of a column. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Does what is left of the change; nothing where it is done. Pauses between the batches, and ends
   * when the last row is filled and the column as it shall be.
   *
   * @throws MigrationException when it did not go on; what was done is kept
   */
  public OnlineChangeReport run() {
    Steps steps = new Steps(settings.dataSource(), settings.pacing, settings.sleeper);
    BatchLoop batches = new BatchLoop(steps, settings.pacing, settings.listener, settings.table());
    ChangeNotes notes = new ChangeNotes(steps);
    String what = "Adding column " + settings.column() + " to table " + settings.table();
    UUID change = steps.run(what, STEP_LIMIT, () -> {}, this::add);
    try {
      String state = steps.run(what, STEP_LIMIT, () -> {}, c -> text(c, STATE, change));
      while (!state.equals("done")) {
        if (state.equals("filling")) {
          batches.run(change, Phase.FILL);
        }
        state = steps.run(what, limit(state), () -> {}, connection -> finish(connection, change));
      }
      notes.waitForDisk(change);
    } catch (MigrationException e) {
      notes.failed(change, e);
      throw e;
    }
    OnlineChangeReport report = batches.report(change);
    LOG.info("{} is done: {}", what, report);
    return report;
  }

  /** The validation goes through the whole table, and keeps nobody out. */
  private static Duration limit(String state) {
    return state.equals("constrained") ? Steps.UNLIMITED : STEP_LIMIT;
  }

  private UUID add(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ADD)) {
      statement.setString(1, settings.table());
      statement.setString(2, settings.column());
      statement.setString(3, settings.type());
      statement.setString(4, settings.defaultExpression);
      statement.setString(5, settings.fillExpression);
      statement.setBoolean(6, settings.notNull);
      statement.setDouble(7, settings.pacing.lockTimeout().toMillis() / 1000.0);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getObject(1, UUID.class);
      }
    }
  }

  private String finish(Connection connection, UUID change) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FINISH)) {
      statement.setObject(1, change);
      statement.setDouble(2, settings.pacing.lockTimeout().toMillis() / 1000.0);
      return text(statement);
    }
  }

  private static String text(Connection connection, String sql, UUID change) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, change);
      return text(statement);
    }
  }

  private static String text(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getString(1);
    }
  }

  /** Describes a column; each value that is not given has the default that its method names. */
  public static final class Builder {
    private @Nullable DataSource dataSource;
    private @Nullable String table;
    private @Nullable String column;
    private @Nullable String type;
    private @Nullable String defaultExpression;
    private @Nullable String fillExpression;
    private boolean notNull;
    private Pacing pacing = Pacing.defaults();
    private Sleeper sleeper = Sleeper.THREAD;
    private ProgressListener listener = ProgressListener.NONE;

    private Builder() {}

    /** Sets the source of connections, one at a time. Required. */
    public Builder dataSource(DataSource newDataSource) {
      dataSource = newDataSource;
      return this;
    }

    /** The table with its schema, quoted as in SQL where it needs to be. Required. */
    public Builder table(String newTable) {
      table = newTable;
      return this;
    }

    /** The name of the new column: letters, digits and underscores. Required. */
    public Builder column(String newColumn) {
      column = newColumn;
      return this;
    }

    /**
     * Its type as in SQL, such as {@code NUMERIC(10, 2)}, with its schema unless built in.
     * Required.
     */
    public Builder type(String newType) {
      type = newType;
      return this;
    }

    /** Sets the default for rows written from now on, an expression without columns. */
    public Builder defaultExpression(String newDefault) {
      defaultExpression = newDefault;
      return this;
    }

    /**
     * Sets the value for existing rows, an expression over their columns; the default expression by
     * default. Where there is no default expression, a trigger fills what is written meanwhile.
     */
    public Builder fillWith(String newFill) {
      fillExpression = newFill;
      return this;
    }

    /** That the column is NOT NULL in the end; it is not by default. */
    public Builder notNull() {
      notNull = true;
      return this;
    }

    /** How fast it goes; {@link Pacing#defaults()} by default. */
    public Builder pacing(Pacing newPacing) {
      pacing = newPacing;
      return this;
    }

    /** How it pauses; {@link Sleeper#THREAD} by default. */
    public Builder sleeper(Sleeper newSleeper) {
      sleeper = newSleeper;
      return this;
    }

    /** Sets the listener to batches; {@link ProgressListener#NONE} by default. */
    public Builder listener(ProgressListener newListener) {
      listener = newListener;
      return this;
    }

    /**
     * The column as described.
     *
     * @throws IllegalStateException when something required is missing
     */
    public OnlineColumn build() {
      Builder copy = new Builder();
      copy.dataSource = dataSource();
      copy.table = table();
      copy.column = column();
      copy.type = type();
      copy.defaultExpression = defaultExpression;
      copy.fillExpression = fillExpression;
      copy.notNull = notNull;
      copy.pacing = pacing;
      copy.sleeper = sleeper;
      copy.listener = listener;
      return new OnlineColumn(copy);
    }

    private DataSource dataSource() {
      return Required.value("dataSource", dataSource);
    }

    private String table() {
      return Required.value("table", table);
    }

    private String column() {
      return Required.value("column", column);
    }

    private String type() {
      return Required.value("type", type);
    }
  }
}
