package io.mistersmith.persistence.core.soak;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mistersmith.persistence.crdt.Crdt;
import io.mistersmith.persistence.model.Revision;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** PostgreSQL as it is, past the library. */
final class Database {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** How many accounts there are between which money is moved. */
  static final int ACCOUNTS = 10;

  private static final int FIRST_BALANCE = 1_000;

  /** The sum of all accounts at any time. */
  static final long TOTAL = (long) ACCOUNTS * FIRST_BALANCE;

  private static final String BANK =
      """
      CREATE SCHEMA bank;
      CREATE TABLE bank.accounts (id INT PRIMARY KEY, balance BIGINT NOT NULL);
      CREATE TABLE bank.transfers
        (id TEXT PRIMARY KEY, payer INT NOT NULL, payee INT NOT NULL, amount BIGINT NOT NULL);
      INSERT INTO bank.accounts SELECT i, %d FROM generate_series(0, %d) AS i;
      """
          .formatted(FIRST_BALANCE, ACCOUNTS - 1);

  private static final String WRONG_BALANCES =
      """
      SELECT format('account %s has %s, and by its transfers %s', id, balance, expected)
        FROM (SELECT a.id, a.balance, {first}
                     + coalesce((SELECT sum(amount) FROM bank.transfers WHERE payee = a.id), 0)
                     - coalesce((SELECT sum(amount) FROM bank.transfers WHERE payer = a.id), 0)
                     AS expected
                FROM bank.accounts a) AS booked
       WHERE balance <> expected
      """
          .replace("{first}", Integer.toString(FIRST_BALANCE));

  private static final String END_SESSIONS =
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
      """;

  /**
   * Remembers the latest revision that each row and position ever had, beyond the row's own life,
   * and everything that came after it with an earlier one.
   */
  private static final String AUDIT =
      """
      CREATE SCHEMA audit;
      CREATE TABLE audit.went_back (what TEXT NOT NULL);
      CREATE TABLE audit.latest
        (name TEXT PRIMARY KEY, epoch BIGINT NOT NULL, version BIGINT NOT NULL);
      CREATE FUNCTION audit.note(about TEXT, new_epoch BIGINT, new_version BIGINT)
        RETURNS VOID LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO audit.latest AS l VALUES (about, new_epoch, new_version)
          ON CONFLICT (name) DO UPDATE SET epoch = new_epoch, version = new_version
          WHERE (l.epoch, l.version) < (new_epoch, new_version);
        IF NOT FOUND THEN
          INSERT INTO audit.went_back
          SELECT format('%s from %s-%s to %s-%s', l.name, l.epoch, l.version, new_epoch, new_version)
            FROM audit.latest l WHERE l.name = about;
        END IF;
      END $$;
      CREATE TABLE audit.pace (millis_a_row INT NOT NULL);
      INSERT INTO audit.pace VALUES (0);
      CREATE FUNCTION audit.state() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_sleep(millis_a_row / 1000.0) FROM audit.pace WHERE millis_a_row > 0;
        PERFORM audit.note(NEW.agent_id::text || '/' || substr(NEW.state_key, strpos(NEW.state_key, '.') + 1), NEW.epoch, NEW.version);
        RETURN NULL;
      END $$;
      CREATE FUNCTION audit.position() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM audit.note('position of ' || NEW.bucket, NEW.epoch, NEW.sequence);
        RETURN NULL;
      END $$;
      CREATE TRIGGER audit AFTER INSERT OR UPDATE ON agents.state
        FOR EACH ROW EXECUTE FUNCTION audit.state();
      CREATE TRIGGER audit AFTER INSERT OR UPDATE ON agents.journal_positions
        FOR EACH ROW EXECUTE FUNCTION audit.position();
      """;

  private static final String ROWS =
      """
      SELECT agent_id || '/' || substr(state_key, strpos(state_key, '.') + 1), epoch || '-' || version,
             CASE WHEN deleted_at IS NULL AND coalesce(expires_at > clock_timestamp(), true)
                  THEN split_part(state_value #>> '{}', ' ', 1) END
        FROM agents.state
      """;

  private static final String REGISTRY =
      "SELECT '_registry/' || agent_id, 'v' || version, agent_name FROM agents.registry";

  private static final String LETTERS =
      """
      SELECT DISTINCT ON (agent, state_key) agent || '/' || substr(state_key, strpos(state_key, '.') + 1), epoch || '-' || sequence,
             split_part(trim(both '"' from convert_from(value, 'UTF8')), ' ', 1)
        FROM agents.dead_letters
       WHERE agent = '%s'
       ORDER BY agent, state_key, epoch DESC, sequence DESC
      """
          .formatted(World.UNREGISTERED);

  private static final String VALUE =
      """
      SELECT state_value FROM agents.state
       WHERE agent_id || '/' || substr(state_key, strpos(state_key, '.') + 1) = ? AND deleted_at IS NULL
      """;

  private static final String REVISION =
      "SELECT epoch, version FROM agents.state WHERE agent_id || '/' || substr(state_key,"
          + " strpos(state_key, '.') + 1) = ?";

  private final SoakInstallation installation;

  Database(SoakInstallation installation) {
    this.installation = installation;
  }

  void audit() {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(AUDIT);
      statement.execute(BANK);
      statement.execute(Trips.TABLES);
      statement.execute(ChangeBoth.TABLES);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The rows of agents.state and agents.registry, by the ledger's keys. */
  Map<String, Found> rows() throws SQLException {
    Map<String, Found> rows = found(ROWS);
    rows.putAll(found(REGISTRY));
    return rows;
  }

  /** Lets PostgreSQL take this much longer for each row of agents.state; it must be reachable. */
  void slowDown(int millisARow) {
    try (Connection connection = connect();
        PreparedStatement statement =
            connection.prepareStatement("UPDATE audit.pace SET millis_a_row = ?")) {
      statement.setInt(1, millisARow);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends all sessions of the server; it must be reachable. */
  void endSessions() {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(END_SESSIONS);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the accounts whose balance is not the sum of their transfers. */
  List<String> wrongBalances() throws SQLException {
    return texts(WRONG_BALANCES);
  }

  /** Returns the ids of all transfers. */
  Set<String> transfers() throws SQLException {
    return Set.copyOf(texts("SELECT id FROM bank.transfers"));
  }

  /** The latest dead letter of each key of the agent that is not registered. */
  Map<String, Found> deadLetters() throws SQLException {
    return found(LETTERS);
  }

  private Map<String, Found> found(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      Map<String, Found> found = new HashMap<>();
      while (row.next()) {
        found.put(
            row.getString(1),
            new Found(
                Optional.of(Revision.parse(row.getString(2))),
                Optional.ofNullable(row.getString(3))));
      }
      return found;
    }
  }

  /** The revision of a key's row. */
  Optional<Revision> revision(String key) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement statement = connection.prepareStatement(REVISION)) {
      statement.setString(1, key);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(new Revision.OfJournal(row.getLong(1), row.getLong(2)))
            : Optional.empty();
      }
    }
  }

  /** Returns the rows and positions that went back, and to which version. */
  List<String> wentBack() throws SQLException {
    return texts("SELECT what FROM audit.went_back");
  }

  /** In one statement: a task that changes meanwhile is in one status or the other. */
  List<String> unfinishedTasks() throws SQLException {
    return texts(
        """
        SELECT to_jsonb(q) - 'payload' FROM tasks.queue AS q
         WHERE task_type = '%s' AND status IN ('pending', 'queued', 'running', 'failed')
        """
            .formatted(RunTasks.TYPE));
  }

  /** Returns the second column of a query's rows by the first. */
  Map<String, String> pairs(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      Map<String, String> pairs = new HashMap<>();
      while (row.next()) {
        pairs.put(row.getString(1), row.getString(2));
      }
      return pairs;
    }
  }

  /** Returns the first column of a query's rows. */
  List<String> texts(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      List<String> texts = new ArrayList<>();
      while (row.next()) {
        texts.add(row.getString(1));
      }
      return texts;
    }
  }

  /** The CRDT in the row of a key. */
  Optional<Crdt<?>> crdt(String key) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement statement = connection.prepareStatement(VALUE)) {
      statement.setString(1, key);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(Crdt.read(MAPPER.readValue(row.getString(1), Map.class)))
            : Optional.empty();
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        installation.jdbcUrl() + "?connectTimeout=2&socketTimeout=10", installation.user(), "");
  }
}
