package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** The functions of the schema {@code events}, which the set of scripts of that name makes. */
final class PostgresOutboxStore implements OutboxStore {

  /** Of the catalog alone, so that it needs no right on the schema. */
  private static final String IS_INSTALLED =
      """
      SELECT EXISTS (
        SELECT
          FROM pg_catalog.pg_proc AS p
          JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
         WHERE n.nspname = 'events' AND p.proname = 'next_batch')
      """;

  private static final String POSITION =
      """
      SELECT tick, sequences, at
        FROM events.positions
       ORDER BY tick DESC
       LIMIT 1
      """;

  private static final String NEXT = "SELECT tick, at FROM events.next_batch()";

  private static final String READ =
      """
      SELECT event_id, xid::text::bigint AS xid, at, kind, subject_id, tenant_id, epoch, version,
             state_key, size, payload
        FROM events.read_batch(:tick, :after, :changes, :bytes, :largest)
      """;

  private static final String DONE = "SELECT events.finish_batch(:tick, :sequences::jsonb)";

  private static final String BACKLOG =
      """
      SELECT changes, bytes, coalesce(extract(EPOCH FROM lag) * 1000000, 0)::bigint AS lag
        FROM events.backlog()
      """;

  private static final String ROTATE = "SELECT events.rotate()";

  private final Statements statements;

  PostgresOutboxStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public boolean isInstalled() {
    return statements.read(
        "look for the outbox",
        handle -> handle.createQuery(IS_INSTALLED).mapTo(Boolean.class).one());
  }

  @Override
  public Position position() {
    return read(
        "read the position in the outbox",
        handle ->
            handle
                .createQuery(POSITION)
                .map(
                    (row, context) ->
                        new Position(
                            row.getLong("tick"),
                            sequences(row.getString("sequences")),
                            SqlTime.get(row, "at")))
                .one());
  }

  private static Map<String, Long> sequences(String text) {
    Map<String, Long> sequences = new HashMap<>();
    JsonColumn.map("the position in the outbox", text)
        .forEach(
            (stream, sequence) -> {
              if (sequence instanceof Number number) {
                sequences.put(stream, number.longValue());
              }
            });
    return sequences;
  }

  @Override
  public Optional<Batch> next() {
    return write(
        "make a batch of the outbox",
        handle ->
            handle
                .createQuery(NEXT)
                .map((row, context) -> new Batch(row.getLong("tick"), SqlTime.get(row, "at")))
                .findOne());
  }

  @Override
  public List<OutboxChange> read(Batch batch, long after, Portion portion) {
    return read(
        "read batch " + batch.tick() + " of the outbox",
        handle ->
            handle
                .createQuery(READ)
                .bind("tick", batch.tick())
                .bind("after", after)
                .bind("changes", portion.changes())
                .bind("bytes", portion.bytes())
                .bind("largest", portion.largestPayload())
                .map((row, context) -> change(row))
                .list());
  }

  private static OutboxChange change(ResultSet row) throws SQLException {
    return new OutboxChange(
        row.getLong("event_id"),
        row.getLong("xid"),
        OutboxChange.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
        Optional.ofNullable(row.getObject("subject_id", UUID.class)),
        Optional.ofNullable(row.getString("state_key")),
        row.getLong("epoch"),
        row.getLong("version"),
        Optional.ofNullable(row.getObject("tenant_id", UUID.class)),
        SqlTime.get(row, "at"),
        row.getInt("size"),
        Optional.ofNullable(row.getString("payload")));
  }

  @Override
  public boolean done(Batch batch, Map<String, Long> sequences) {
    String what = "finish batch " + batch.tick() + " of the outbox";
    return write(
        what,
        handle ->
            handle
                .createQuery(DONE)
                .bind("tick", batch.tick())
                .bind("sequences", JsonColumn.text(what, Map.copyOf(sequences)))
                .mapTo(Boolean.class)
                .one());
  }

  @Override
  public Backlog backlog() {
    return read(
        "measure the outbox",
        handle ->
            handle
                .createQuery(BACKLOG)
                .map(
                    (row, context) ->
                        new Backlog(
                            row.getLong("changes"),
                            row.getLong("bytes"),
                            Duration.ofNanos(row.getLong("lag") * 1_000)))
                .one());
  }

  @Override
  public int rotate() {
    return write(
        "empty segments of the outbox",
        handle -> handle.createQuery(ROTATE).mapTo(Integer.class).one());
  }

  private <T> T read(String what, Function<Handle, T> work) {
    return MissingSet.named("events", what, () -> statements.read(what, work));
  }

  private <T> T write(String what, Function<Handle, T> work) {
    return MissingSet.named("events", what, () -> statements.write(what, work));
  }
}
