package io.mistersmith.persistence.migration.online;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;

/** What is noted of a change beside its steps. */
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

  /** Notes why the change stands still, where the database can be reached for it. */
  void failed(UUID change, OnlineChangeException failure) {
    if (failure.kind() == OnlineChangeException.Kind.DATABASE_UNAVAILABLE
        || failure.kind() == OnlineChangeException.Kind.INTERRUPTED) {
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
    } catch (OnlineChangeException e) {
      failure.addSuppressed(e);
    }
  }

  private static void note(PreparedStatement prepared, UUID change, OnlineChangeException failure)
      throws SQLException {
    try (PreparedStatement statement = prepared) {
      statement.setObject(1, change);
      statement.setString(2, failure.getMessage());
      statement.execute();
    }
  }
}
