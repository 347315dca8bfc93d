package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Names of large values' contents. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class LargeValuesSchemaIT extends OnMigratedDatabase {

  private final UUID content = UUID.randomUUID();
  private final UUID agent = UUID.randomUUID();

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  LargeValuesSchemaIT(int majorVersion) {}

  /** A content of two chunks, three bytes, that an entry describes under revision 1-7. */
  private void write() throws SQLException {
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('%2$s', 'w', 'one');
        INSERT INTO agents.large_values (content, written_at) VALUES ('%1$s', now());
        INSERT INTO agents.value_chunks VALUES ('%1$s', 0, '\\x0102'), ('%1$s', 1, '\\x03');
        INSERT INTO agents.state (agent_id, state_key, state_value, epoch, version)
        VALUES ('%2$s', '_large.k', '{"content": "%1$s"}', 1, 7)
        """
            .formatted(content, agent));
  }

  private String named() throws SQLException {
    return single("SELECT agents.is_large_value_named('%s')".formatted(content));
  }

  private String name(long version, int chunks, int bytes) throws SQLException {
    return single(
        "SELECT agents.name_large_value('%s', '_large.k', 1, %d, '%s', %d, %d)"
            .formatted(agent, version, content, chunks, bytes));
  }

  @Test
  @Exercises({"agents.name_large_value", "agents.is_large_value_named"})
  void contentIsNamedByTheEntryThatHasTheRevision() throws SQLException {
    write();
    assertThat(named()).as("before it is noted").isEqualTo("f");
    assertThat(name(6, 2, 3)).as("of an older revision").isEqualTo("f");
    database.execute(
        "UPDATE agents.large_values SET unnamed_since = now() WHERE content = '%s'"
            .formatted(content));
    assertThat(name(7, 2, 3)).isEqualTo("t");
    assertThat(named()).isEqualTo("t");
    assertThat(
            single(
                "SELECT unnamed_since IS NULL FROM agents.large_values WHERE content = '%s'"
                    .formatted(content)))
        .isEqualTo("t");

    database.execute(
        "UPDATE agents.state SET deleted_at = now(), state_value = 'null' WHERE agent_id = '%s'"
            .formatted(agent));
    assertThat(named()).isEqualTo("f");
    database.execute(
        """
        INSERT INTO agents.checkpoints (agent_id, state_snapshot)
        VALUES ('%2$s', '{"entries": {"_large.k": {"value": {"content": "%1$s"}}}}')
        """
            .formatted(content, agent));
    assertThat(named()).as("by a checkpoint").isEqualTo("t");
    database.execute("DELETE FROM agents.checkpoints WHERE agent_id = '%s'".formatted(agent));
    database.execute(
        """
        INSERT INTO agents.dead_letters
               (bucket, subject, agent, state_key, epoch, sequence, operation, value, reason_code,
                reason)
        VALUES ('B', 's', '%2$s', '_large.x', 1, 8, 'put', '{"content":"%1$s"}', 'X', 'y')
        """
            .formatted(content, agent));
    assertThat(named()).as("by a dead letter").isEqualTo("t");
    database.execute(
        "UPDATE agents.dead_letters SET status = 'superseded' WHERE agent = '%s'".formatted(agent));
    assertThat(named()).isEqualTo("f");
  }

  @Test
  void entryWhoseContentLacksAChunkIsRefused() throws SQLException {
    write();
    for (int[] claim : new int[][] {{3, 3}, {2, 4}, {1, 2}}) {
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> name(7, claim[0], claim[1]))
          .withMessageContaining("large_value_is_complete");
    }
    assertThat(name(7, 0, 0)).as("an empty value has no content").isEqualTo("t");
  }
}
