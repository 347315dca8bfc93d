package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The statements of a build beside those of another one. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class IndexBuildSessionIT extends RunsOnlineChanges {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  IndexBuildSessionIT(int majorVersion) {}

  /** Both wait for the writer. PostgreSQL looks the name up again, and the second finds nothing. */
  @Test
  void ofTwoThatDropAnIndexBothSucceed() throws Exception {
    table("dropped", 10);
    IndexDefinition index = IndexDefinition.btree("app", "dropped", "idx_dropped", List.of("n"));
    try (Connection writer = database.getConnection()) {
      execute(writer, "CREATE INDEX idx_dropped ON app.dropped (n)");
      writer.setAutoCommit(false);
      execute(writer, "INSERT INTO app.dropped VALUES (0, '', 0)");
      var first = threads.submit(() -> drop("first-drop", index));
      awaitBlocked("first-drop");
      var second = threads.submit(() -> drop("second-drop", index));
      awaitBlocked("second-drop");
      writer.commit();
      assertThat(first.get(60, TimeUnit.SECONDS)).isTrue();
      assertThat(second.get(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private boolean drop(String name, IndexDefinition index) throws SQLException {
    try (IndexBuildSession session =
        IndexBuildSession.open(named(name), ConcurrentIndex.Settings.defaults())) {
      session.dropConcurrently(index);
      return true;
    }
  }
}
