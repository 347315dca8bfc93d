package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mistersmith.persistence.core.KeptSession;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was committed, by triggers of the test's own, against what the streams have. A change is
 * known by its key, kind and version; those of a key have an order.
 */
public final class ChangeAudit {

  /** Row triggers, which see each row of each partition: not what the outbox is filled by. */
  private static final String TRIGGERS =
      """
      CREATE SEQUENCE audit.numbers;
      CREATE SEQUENCE audit.versions;
      CREATE TABLE audit.changes (
        number BIGINT NOT NULL DEFAULT nextval('audit.numbers'), key TEXT NOT NULL,
        what TEXT NOT NULL);
      CREATE FUNCTION audit.state_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      DECLARE
        v_was BOOLEAN := FALSE;
        v_is BOOLEAN := FALSE;
        v_row agents.state;
      BEGIN
        IF TG_OP <> 'INSERT' THEN
          v_was := OLD.deleted_at IS NULL;
          v_row := OLD;
        END IF;
        IF TG_OP <> 'DELETE' THEN
          v_is := NEW.deleted_at IS NULL;
          v_row := NEW;
        END IF;
        IF v_was OR v_is OR TG_OP = 'INSERT'
          OR (TG_OP = 'UPDATE' AND (OLD.epoch, OLD.version) <> (NEW.epoch, NEW.version))
        THEN
          INSERT INTO audit.changes (key, what)
          VALUES ('state.' || v_row.agent_id || '.' || v_row.state_key,
                  CASE WHEN NOT v_is THEN 'STATE_DELETE'
                       WHEN NOT v_was THEN 'STATE_INSERT' ELSE 'STATE_UPDATE' END
                  || ' ' || v_row.epoch || '-' || v_row.version);
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON agents.state
        FOR EACH ROW EXECUTE FUNCTION audit.state_changed();
      CREATE FUNCTION audit.task_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND NEW.status = OLD.status
          AND to_jsonb(NEW) - '{position,blocked_by,dependants,updated_at}'::TEXT[]
            = to_jsonb(OLD) - '{position,blocked_by,dependants,updated_at}'::TEXT[]
        THEN
          RETURN NULL;
        END IF;
        INSERT INTO audit.changes (key, what)
        VALUES ('task.' || coalesce(NEW.task_id, OLD.task_id),
                CASE WHEN TG_OP = 'INSERT' THEN 'TASK_CREATED'
                     WHEN TG_OP = 'DELETE' THEN 'TASK_DELETED'
                     WHEN NEW.status = OLD.status THEN 'TASK_UPDATED'
                     WHEN NEW.status = 'running' THEN 'TASK_STARTED'
                     WHEN NEW.status IN ('completed', 'failed', 'cancelled')
                       THEN 'TASK_' || upper(NEW.status::TEXT)
                     ELSE 'TASK_UPDATED' END);
        RETURN NULL;
      END $$;
      CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON tasks.queue
        FOR EACH ROW EXECUTE FUNCTION audit.task_changed();
      """;

  private static final Duration SILENCE = Duration.ofSeconds(5);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String jdbcUrl;
  private final String user;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, List<String>> published = new LinkedHashMap<>();
  private final Set<String> ids = new HashSet<>();
  private long duplicates;

  /** Looks at what {@link #record} recorded in this database. */
  public ChangeAudit(String jdbcUrl, String user) {
    this.jdbcUrl = jdbcUrl;
    this.user = user;
  }

  /** Records what is committed from now on. The database has a schema {@code audit}. */
  public void record() {
    session().execute(TRIGGERS);
  }

  private KeptSession session() {
    return new KeptSession(jdbcUrl, user, "");
  }

  private java.sql.Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl, user, "");
  }

  /** Returns how many changes were committed so far. */
  long committed() {
    return Long.parseLong(session().query("SELECT count(*) FROM audit.changes").get(0));
  }

  /**
   * Compares once, when all is published.
   *
   * @param natsUrl a server of the streams
   * @param prefix the prefix of the streams' names
   * @param behind how long the streams were behind, for the tally
   */
  public Tally compare(String natsUrl, String prefix, Duration behind) {
    Map<String, List<String>> committed = committedChanges();
    for (String stream : List.of("AGENT_STATE", "TASK_EXECUTION")) {
      read(natsUrl, prefix + stream);
    }
    long skipped = 0;
    long reordered = 0;
    for (Map.Entry<String, List<String>> key : committed.entrySet()) {
      List<String> found = published.getOrDefault(key.getKey(), List.of());
      List<String> missing = new ArrayList<>(key.getValue());
      found.forEach(missing::remove);
      skipped += missing.size();
      missing.forEach(what -> problem("skipped: " + key.getKey() + " " + what));
      if (missing.isEmpty() && !found.equals(key.getValue())) {
        reordered++;
        problem("reordered: " + key + " as " + found);
      }
    }
    Set<String> unknown = new HashSet<>(published.keySet());
    unknown.removeAll(committed.keySet());
    assertThat(unknown).as("published keys of which nothing was committed").isEmpty();
    long count = committed.values().stream().mapToLong(List::size).sum();
    return Tally.ofChanges(count, skipped, reordered, duplicates, behind);
  }

  private void take(Message message) {
    if (ids.add(message.getHeaders().getFirst("Nats-Msg-Id"))) {
      published.computeIfAbsent(key(message), key -> new ArrayList<>()).add(what(message));
    } else {
      duplicates++;
      problem("twice: " + key(message) + " " + what(message));
    }
  }

  private void problem(String what) {
    if (problems.size() < 20) {
      problems.add(what);
    }
  }

  /** Returns the first of what was wrong. */
  public List<String> problems() {
    return problems;
  }

  private Map<String, List<String>> committedChanges() {
    Map<String, List<String>> changes = new HashMap<>();
    try (java.sql.Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT key, what FROM audit.changes ORDER BY number")) {
      while (row.next()) {
        changes.computeIfAbsent(row.getString(1), key -> new ArrayList<>()).add(row.getString(2));
      }
      return changes;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void read(String natsUrl, String stream) {
    try {
      Connection connection = Nats.connect(natsUrl);
      read(connection, stream);
      connection.close();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void read(Connection connection, String stream)
      throws IOException, JetStreamApiException, InterruptedException {
    StreamInfo info = connection.jetStreamManagement().getStreamInfo(stream);
    assertThat(info.getStreamState().getFirstSequence()).as("first message").isLessThan(2);
    long last = info.getStreamState().getLastSequence();
    JetStreamSubscription all =
        connection
            .jetStream()
            .subscribe(">", PushSubscribeOptions.builder().stream(stream).ordered(true).build());
    for (long read = 0; read < last; ) {
      Message message = all.nextMessage(SILENCE);
      assertThat(message).as("message after %s of %s in %s", read, last, stream).isNotNull();
      read = message.metaData().streamSequence();
      if (message.getHeaders() != null && message.getHeaders().containsKey("Change-Kind")) {
        take(message);
      }
    }
  }

  private static String kind(Message message) {
    return message.getHeaders().getFirst("Change-Kind");
  }

  private static String key(Message message) {
    String[] tokens = message.getSubject().split("\\.", -1);
    String subject = tokens[tokens.length - 1];
    return kind(message).startsWith("TASK")
        ? "task." + subject
        : "state." + subject + "." + body(message).path("state_key").asText();
  }

  private static String what(Message message) {
    JsonNode body = body(message);
    return kind(message).startsWith("TASK")
        ? kind(message)
        : kind(message) + " " + body.path("epoch").asLong() + "-" + body.path("version").asLong();
  }

  private static JsonNode body(Message message) {
    try {
      return JSON.readTree(message.getData());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
