package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.model.AgentId;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How PostgreSQL finds pages of messages among 60,000 in 30 partitions: none by reading them all.
 */
@Tag("contract")
class MessagePlansIT {

  /** The log has more than 2,000 pages. */
  private static final int MOST_PAGES = 500;

  private static final Pattern PAGES =
      Pattern.compile("Buffers: shared hit=(\\d+)(?: read=(\\d+))?");

  private static PostgresDatabase database;

  @BeforeAll
  static void fill() {
    database = PostgresDatabase.create();
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name)
        SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, 't', 'n'
          FROM generate_series(0, 99) AS i;
        INSERT INTO messages.channels (channel_id, channel_name, channel_type)
        VALUES ('00000000-0000-4000-8000-0000000000c1', 'news', 'broadcast');
        SELECT partitions.create_time_partition(
                 'messages.log', partitions.period_start('day', now(), days), INTERVAL '1 day')
          FROM generate_series(-30, -2) AS days;
        INSERT INTO messages.log
               (message_type, from_agent_id, to_agent_id, channel_id, correlation_id, payload,
                delivered_at, sent_at)
        SELECT (CASE WHEN i % 100 = 0 THEN 'error' ELSE 'command' END)::messages.message_type,
               ('00000000-0000-4000-8000-' || lpad((i % 100)::text, 12, '0'))::uuid,
               ('00000000-0000-4000-8000-' || lpad((i / 7 % 100)::text, 12, '0'))::uuid,
               CASE WHEN i % 50 = 0 THEN '00000000-0000-4000-8000-0000000000c1'::uuid END,
               ('00000000-0000-4000-8000-' || lpad((i / 10)::text, 12, '0'))::uuid,
               jsonb_build_object('text', repeat('x', 60)), CASE WHEN i % 200 > 0 THEN now() END,
               now() - i * INTERVAL '42 s'
          FROM generate_series(1, 60000) AS i;
        """);
    database.execute("VACUUM ANALYZE messages.log");
  }

  static List<MessageQuery> queries() {
    AgentId agent = AgentId.of(UUID.fromString("00000000-0000-4000-8000-000000000007"));
    Message.Id middle = Message.Id.at(Instant.now().minusSeconds(15 * 86_400));
    return List.of(
        MessageQuery.from(agent),
        MessageQuery.from(agent).after(middle),
        MessageQuery.from(agent).inOrder().after(middle),
        MessageQuery.to(agent).since(Instant.now().minusSeconds(86_400)),
        MessageQuery.to(agent).withTypes(Message.Type.COMMAND, Message.Type.ERROR),
        MessageQuery.ofChannel("news"),
        MessageQuery.ofType(Message.Type.COMMAND),
        MessageQuery.ofType(Message.Type.ERROR).inOrder(),
        MessageQuery.notDelivered(),
        MessageQuery.notDelivered().withFrom(agent),
        MessageQuery.correlated(agent.uuid())
            .withTypes(Message.Type.RESPONSE, Message.Type.ERROR)
            .withLimit(1));
  }

  @ParameterizedTest
  @MethodSource("queries")
  void aPageReadsFewPages(MessageQuery query) throws SQLException {
    try (Handle handle = Jdbi.open(database.connect())) {
      Query explained =
          handle.createQuery("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) " + MessageSearch.sql(query));
      List<String> plan = MessageSearch.bind(explained, query).mapTo(String.class).list();
      Matcher pages = PAGES.matcher(String.join("\n", plan));
      assertThat(pages.find()).isTrue();
      int read =
          Integer.parseInt(pages.group(1))
              + (pages.group(2) == null ? 0 : Integer.parseInt(pages.group(2)));
      assertThat(read).as("%s: %s", query, plan).isLessThan(MOST_PAGES);
    }
  }
}
