package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;

/** Notes failures of a change in its row, outside of its steps. */
final class ChangeNotes {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final String NOTE_ERROR = "SELECT migrations.note_online_error(?, ?)";

  private static final String WAIT_FOR_DISK =
      """
      UPDATE migrations.online_changes SET updated_at = clock_timestamp() WHERE change_id = ?
      """;

  private final Steps steps;

  ChangeNotes(Steps steps) {
    this.steps = steps;
  }

  /**
   * Waits until everything done so far is on disk. The steps themselves do not wait, since others
   * wait for their locks.
   */
  void waitForDisk(UUID change) {
    steps.run(
        "Online change " + change,
        LIMIT,
        () -> {},
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(WAIT_FOR_DISK)) {
            statement.setObject(1, change);
            return statement.executeUpdate();
          }
        });
  }

  /** Notes why the change does not go on, if the database can be reached. */
  void failed(UUID change, MigrationException failure) {
    if (failure.kind() == MigrationException.Kind.DATABASE_UNAVAILABLE
        || failure.kind() == MigrationException.Kind.INTERRUPTED) {
      return;
    }
    try {
      steps.run(
          "Online change " + change,
          LIMIT,
          () -> {},
          connection -> {
            note(connection.prepareStatement(NOTE_ERROR), change, failure);
            return true;
          });
    } catch (MigrationException e) {
      failure.addSuppressed(e);
    }
  }

  private static void note(PreparedStatement prepared, UUID change, MigrationException failure)
      throws SQLException {
    try (PreparedStatement statement = prepared) {
      statement.setObject(1, change);
      statement.setString(2, failure.getMessage());
      statement.execute();
    }
  }
}
