package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;

/** Constraints of the tables of messages and sessions, and their rows when an agent is deleted. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class MessagesSchemaIT extends OnMigratedDatabase {
  private String agent = "";
  private String channel = "";

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  MessagesSchemaIT(int majorVersion) {}

  @BeforeEach
  void createChannel() throws SQLException {
    agent = agent("talking");
    channel =
        single(
            "INSERT INTO messages.channels (channel_name, channel_type)"
                + " VALUES (gen_random_uuid(), 'topic') RETURNING channel_id");
  }

  private String message(String columns, String values) throws SQLException {
    return single(
        "INSERT INTO messages.log (%s) VALUES (%s) RETURNING message_id"
            .formatted(columns, values)
            .replace(":agent", "'" + agent + "'")
            .replace(":channel", "'" + channel + "'"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          message_type, to_agent_id | 'command', :agent
          message_type, to_agent_id, channel_id | 'query', :agent, :channel
          message_type, broadcast_to_type | 'notification', 'planner'
          message_type, broadcast_to_type, channel_id | 'notification', 'planner', :channel
          message_type, channel_id | 'notification', :channel
          message_type, correlation_id | 'response', gen_random_uuid()
          message_type, reply_to | 'error', '_INBOX.x'
          message_type, from_agent_id | 'heartbeat', :agent
          message_type, sent_at | 'heartbeat', '1999-12-31Z'
          """)
  void messageMayGoEveryWay(String columns, String values) {
    assertThatCode(() -> message(columns, values)).doesNotThrowAnyException();
  }

  @Test
  @Exercises("messages.log mark_orphans")
  void messagesOutliveTheirAgentsAndChannels() throws SQLException {
    String toAgent = message("message_type, to_agent_id", "'command', :agent");
    String fromAgent =
        message("message_type, from_agent_id, channel_id", "'command', :agent, :channel");
    String toBoth = message("message_type, to_agent_id, channel_id", "'query', :agent, :channel");

    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent));
    assertThat(orphaned(toAgent)).isEqualTo("t");
    assertThat(orphaned(fromAgent)).isEqualTo("f");
    assertThat(orphaned(toBoth)).isEqualTo("t");

    database.execute("DELETE FROM messages.channels WHERE channel_id = '%s'".formatted(channel));
    assertThat(orphaned(fromAgent)).isEqualTo("t");
    assertThatCode(
            () ->
                database.execute(
                    "UPDATE messages.log SET processed_at = now() WHERE message_id IN ('%s', '%s')"
                        .formatted(toAgent, fromAgent)))
        .doesNotThrowAnyException();
    assertThat(
            single(
                "SELECT count(*) FROM messages.log"
                    + " WHERE num_nonnulls(to_agent_id, from_agent_id, channel_id) = 0"
                    + " AND message_id IN ('%s', '%s', '%s')"
                        .formatted(toAgent, fromAgent, toBoth)))
        .isEqualTo("3");
  }

  private static String orphaned(String message) throws SQLException {
    return single(
        "SELECT orphaned_at IS NOT NULL FROM messages.log WHERE message_id = '%s'"
            .formatted(message));
  }

  @ParameterizedTest
  @Exercises("messages.subject_matches")
  @CsvSource(
      nullValues = "NULL",
      textBlock =
          """
          NULL, NULL, t
          NULL, trip.booked, t
          trip.*, NULL, f
          trip.*, trip.booked, t
          trip.*, trip.booked.paid, f
          trip.*, trip, f
          trip.>, trip.booked.paid, t
          trip.>, trip, f
          >, trip, t
          *.booked, trip.booked, t
          *.booked, trip.paid, f
          trip.booked, TRIP.booked, f
          a%b, axb, f
          a_b, axb, f
          a.b, a.b, t
          """)
  void patternSelectsSubjects(@Nullable String pattern, @Nullable String subject, String matches)
      throws SQLException {
    assertThat(
            single(
                "SELECT messages.subject_matches(%s, %s)"
                    .formatted(literal(pattern), literal(subject))))
        .isEqualTo(matches);
  }

  private static String literal(@Nullable String text) {
    return text == null ? "NULL" : "'" + text + "'";
  }

  @Test
  @Exercises("messages.deliveries release_messages")
  void messageWaitsForNoRecipientThatIsDeleted() throws SQLException {
    String other = agent("listening");
    String message =
        single(
            "INSERT INTO messages.log (message_type, channel_id, pending_deliveries)"
                + " VALUES ('notification', '%s', 3) RETURNING message_id".formatted(channel));
    database.execute(
        """
        INSERT INTO messages.deliveries (message_id, sent_at, agent_id, priority, processed_at)
        SELECT m.message_id, m.sent_at, a.id, 0, a.done
          FROM messages.log AS m,
               (VALUES ('%s'::uuid, NULL), ('%s'::uuid, now())) AS a (id, done)
         WHERE m.message_id = '%s'
        """
            .formatted(agent, other, message));
    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent));
    assertThat(pending(message)).isEqualTo("2");
    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(other));
    assertThat(pending(message)).as("the other has processed it").isEqualTo("2");
  }

  @Test
  @Exercises("agents.registry lock_messages")
  void deletionOfAnAgentWaitsForItsReceiversBeforeItLocksMessages() throws SQLException {
    String message =
        single(
            "INSERT INTO messages.log (message_type, channel_id, pending_deliveries)"
                + " VALUES ('notification', '%s', 1) RETURNING message_id".formatted(channel));
    database.execute(
        "INSERT INTO messages.deliveries (message_id, sent_at, agent_id, priority)"
            + " SELECT message_id, sent_at, '%s', 0 FROM messages.log WHERE message_id = '%s'"
                .formatted(agent, message));
    String deletion = "DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent);
    try (Connection receiver = database.connect();
        Statement statement = receiver.createStatement()) {
      receiver.setAutoCommit(false);
      boolean unused =
          statement.execute(
              "SELECT FROM messages.deliveries WHERE agent_id = '%s' FOR UPDATE".formatted(agent));
      assertThatExceptionOfType(PSQLException.class)
          .isThrownBy(() -> database.execute("SET lock_timeout = '100ms'; " + deletion))
          .withMessageContaining("in relation \"deliveries\"")
          .withMessageContaining("lock_messages_of_agent");
      receiver.rollback();
    }
    database.execute(deletion);
    assertThat(pending(message)).isEqualTo("0");
  }

  private static String pending(String message) throws SQLException {
    return single(
        "SELECT pending_deliveries FROM messages.log WHERE message_id = '%s'".formatted(message));
  }

  @Test
  void subscriptionsGoWithTheirAgent() throws SQLException {
    database.execute(
        """
        INSERT INTO messages.subscriptions (agent_id, channel_id, message_pattern)
        VALUES ('%1$s', '%2$s', NULL), ('%1$s', '%2$s', 'trip.*');
        DELETE FROM agents.registry WHERE agent_id = '%1$s'
        """
            .formatted(agent, channel));
    assertThat(
            single(
                "SELECT count(*) FROM messages.subscriptions WHERE channel_id = '%s'"
                    .formatted(channel)))
        .isEqualTo("0");
  }

  private static String session(String columns, String values) throws SQLException {
    return single(
        "INSERT INTO sessions.active (session_token, %s)".formatted(columns)
            + " VALUES (gen_random_uuid(), %s) RETURNING session_id".formatted(values));
  }

  @Test
  @Exercises("sessions.remove_expired")
  void expiredSessionCanBeChangedAndIsRemovedInTheEnd() throws SQLException {
    String expired = session("created_at, expires_at", "'2020-01-01Z', '2020-01-02Z'");
    String older = session("created_at, expires_at", "'2019-01-01Z', '2019-01-02Z'");
    String live = session("expires_at", "now() + INTERVAL '1 h'");
    database.execute(
        "UPDATE sessions.active SET last_activity = now() WHERE session_id = '%s'"
            .formatted(expired));

    assertThat(single("SELECT sessions.remove_expired(1)")).isEqualTo("1");
    String left = "SELECT session_id FROM sessions.active";
    assertThat(database.query(left)).contains(expired, live).doesNotContain(older);
    assertThat(single("SELECT sessions.remove_expired()")).isEqualTo("1");
    assertThat(database.query(left)).contains(live).doesNotContain(expired);
  }

  @Test
  @Exercises("agents.registry revoke_sessions")
  void sessionIsRevokedWhenItsAgentIsDeleted() throws SQLException {
    String session =
        session("agent_id, expires_at", "'%s', now() + INTERVAL '1 h'".formatted(agent));
    String live = session("expires_at", "now() + INTERVAL '1 h'");
    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent));
    assertThat(
            database.query(
                """
                SELECT session_id FROM sessions.active
                 WHERE revoked_at IS NOT NULL AND unpublished AND agent_id IS NULL AND version = 2
                """))
        .contains(session)
        .doesNotContain(live);
  }
}
