package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The journals' positions and the epochs that name their messages. Each statement also looks whose
 * database it is: behind an address that stays the same another one can answer.
 */
final class JournalPositions {

  private static final String FIND =
      """
      SELECT i.id AS installation, p.bucket, p.epoch, p.sequence, p.message_time_nanos,
             p.stream_created_nanos, e.epoch AS epoch_number, e.first_sequence
        FROM agents.installation i
        LEFT JOIN (agents.journal_positions p
                   JOIN agents.journal_epochs e
                     ON e.bucket = p.bucket AND e.stream_created_nanos = p.stream_created_nanos)
          ON p.bucket = :bucket
       ORDER BY e.epoch DESC
      """;

  private static final String MOVE =
      """
      UPDATE agents.journal_positions p
         SET sequence = :next, message_time_nanos = :messageTime, updated_at = clock_timestamp()
       WHERE p.bucket = :bucket AND p.epoch = :epoch AND p.sequence = :previous
         AND EXISTS (SELECT 1 FROM agents.installation WHERE id = :installation)
      RETURNING EXISTS (SELECT 1 FROM agents.dead_letters d
                         WHERE d.bucket = p.bucket AND d.status = 'open')
      """;

  /**
   * Lets one transaction at a time start an epoch: the losers of a race use up no numbers and see
   * the winner's epoch.
   */
  private static final String QUEUE =
      "SELECT 1 FROM pg_advisory_xact_lock(hashtextextended('agents.journal ' || :bucket, 0))";

  private static final String FIRST =
      """
      INSERT INTO agents.journal_positions
             (bucket, epoch, sequence, message_time_nanos, stream_created_nanos, updated_at)
      SELECT :bucket, nextval('agents.journal_epoch_numbers'), :sequence, 0, :created,
             clock_timestamp()
       WHERE NOT EXISTS (SELECT 1 FROM agents.journal_positions WHERE bucket = :bucket)
         AND EXISTS (SELECT 1 FROM agents.installation WHERE id = :installation)
      RETURNING epoch
      """;

  private static final String RESTART =
      """
      UPDATE agents.journal_positions
         SET epoch = nextval('agents.journal_epoch_numbers'),
             sequence = LEAST(sequence, :sequence), stream_created_nanos = :created,
             updated_at = clock_timestamp()
       WHERE bucket = :bucket AND epoch = :observedEpoch AND sequence = :observedSequence
         AND stream_created_nanos = :observedCreated
         AND EXISTS (SELECT 1 FROM agents.installation WHERE id = :installation)
      RETURNING epoch
      """;

  private static final String BEGIN_EPOCH =
      """
      INSERT INTO agents.journal_epochs
             (bucket, epoch, first_sequence, stream_created_nanos, reason)
      VALUES (:bucket, :epoch, :first, :created, :reason)
      """;

  private static final String MOVE_EPOCHS =
      """
      UPDATE agents.journal_epochs SET stream_created_nanos = :created
       WHERE bucket = :bucket AND stream_created_nanos = :before
      """;

  /** The outcome of a {@link #move}. */
  enum Move {
    /** The position was not where it was thought to be; nothing happened. */
    REFUSED,
    /** The position moved. */
    DONE,
    /** The position moved, and the bucket has open dead letters. */
    DONE_WITH_OPEN_DEAD_LETTERS
  }

  private final UUID installation;

  /** Positions of this installation's database, and no other one's. */
  JournalPositions(UUID installation) {
    this.installation = installation;
  }

  /** A row of {@link #FIND}, which has one without a position where the bucket has none. */
  private record Found(
      UUID installation, Optional<JournalPosition> position, JournalPosition.Epoch epoch) {

    static Found of(ResultSet row) throws SQLException {
      String bucket = row.getString("bucket");
      return new Found(
          row.getObject("installation", UUID.class),
          bucket == null
              ? Optional.empty()
              : Optional.of(
                  new JournalPosition(
                      bucket,
                      row.getLong("epoch"),
                      row.getLong("sequence"),
                      SqlTime.ofNanos(row.getLong("message_time_nanos")),
                      SqlTime.ofNanos(row.getLong("stream_created_nanos")),
                      List.of())),
          new JournalPosition.Epoch(row.getLong("epoch_number"), row.getLong("first_sequence")));
    }
  }

  Optional<JournalPosition> find(Handle handle, String bucket) {
    List<Found> rows =
        handle.createQuery(FIND).bind("bucket", bucket).map((row, context) -> Found.of(row)).list();
    if (rows.isEmpty()) {
      throw InstallationIdentity.missing("journal " + bucket);
    }
    UUID found = rows.get(0).installation();
    if (!found.equals(installation)) {
      throw OtherInstallationException.ofDatabase(found, installation);
    }
    Optional<JournalPosition> position = rows.get(0).position();
    for (Found row : rows) {
      position = position.map(newer -> with(newer, row.epoch()));
    }
    return position;
  }

  /** Adds an older epoch of the stream, unless later ones name all of its messages. */
  private static JournalPosition with(JournalPosition position, JournalPosition.Epoch older) {
    List<JournalPosition.Epoch> epochs = position.epochs();
    if (!epochs.isEmpty()
        && epochs.get(epochs.size() - 1).firstSequence() <= older.firstSequence()) {
      return position;
    }
    List<JournalPosition.Epoch> longer = new ArrayList<>(epochs);
    longer.add(older);
    return new JournalPosition(
        position.bucket(),
        position.epoch(),
        position.sequence(),
        position.messageTime(),
        position.streamCreated(),
        longer);
  }

  /** Moves the position from exactly {@code previous}, and locks it until the commit. */
  Move move(Handle handle, JournalPosition previous, JournalPosition next) {
    return handle
        .createQuery(MOVE)
        .bind("bucket", previous.bucket())
        .bind("epoch", previous.epoch())
        .bind("previous", previous.sequence())
        .bind("installation", installation)
        .bind("next", next.sequence())
        .bind("messageTime", SqlTime.nanos(next.messageTime()))
        .mapTo(Boolean.class)
        .findOne()
        .map(open -> open ? Move.DONE_WITH_OPEN_DEAD_LETTERS : Move.DONE)
        .orElse(Move.REFUSED);
  }

  /** Hands out an epoch if the position is still {@code observed}; the position as it is then. */
  JournalPosition startEpoch(
      Handle handle,
      String bucket,
      Optional<JournalPosition> observed,
      long firstSequence,
      Instant streamCreated,
      String reason) {
    queue(handle, bucket);
    Optional<Long> epoch =
        observed.isPresent()
            ? restart(handle, observed.get(), firstSequence, streamCreated)
            : handle
                .createQuery(FIRST)
                .bind("bucket", bucket)
                .bind("sequence", firstSequence - 1)
                .bind("created", SqlTime.nanos(streamCreated))
                .bind("installation", installation)
                .mapTo(Long.class)
                .findOne();
    epoch.ifPresent(number -> begin(handle, bucket, number, firstSequence, streamCreated, reason));
    return present(handle, bucket);
  }

  /** As {@link #startEpoch}; the earlier epochs name the messages of the restored stream, too. */
  JournalPosition startEpochOfRestored(
      Handle handle,
      JournalPosition observed,
      long firstSequence,
      Instant streamCreated,
      String reason) {
    String bucket = observed.bucket();
    queue(handle, bucket);
    restart(handle, observed, firstSequence, streamCreated)
        .ifPresent(
            number -> {
              int unused =
                  handle
                      .createUpdate(MOVE_EPOCHS)
                      .bind("bucket", bucket)
                      .bind("before", SqlTime.nanos(observed.streamCreated()))
                      .bind("created", SqlTime.nanos(streamCreated))
                      .execute();
              begin(handle, bucket, number, firstSequence, streamCreated, reason);
            });
    return present(handle, bucket);
  }

  private static void queue(Handle handle, String bucket) {
    handle.createQuery(QUEUE).bind("bucket", bucket).mapTo(Integer.class).one();
  }

  /** Moves the position into a new epoch; empty where it is no longer the observed one. */
  private Optional<Long> restart(
      Handle handle, JournalPosition observed, long firstSequence, Instant streamCreated) {
    return handle
        .createQuery(RESTART)
        .bind("bucket", observed.bucket())
        .bind("sequence", firstSequence - 1)
        .bind("created", SqlTime.nanos(streamCreated))
        .bind("observedEpoch", observed.epoch())
        .bind("observedSequence", observed.sequence())
        .bind("observedCreated", SqlTime.nanos(observed.streamCreated()))
        .bind("installation", installation)
        .mapTo(Long.class)
        .findOne();
  }

  private static void begin(
      Handle handle,
      String bucket,
      long epoch,
      long firstSequence,
      Instant streamCreated,
      String reason) {
    int unused =
        handle
            .createUpdate(BEGIN_EPOCH)
            .bind("bucket", bucket)
            .bind("epoch", epoch)
            .bind("first", firstSequence)
            .bind("created", SqlTime.nanos(streamCreated))
            .bind("reason", reason)
            .execute();
  }

  private JournalPosition present(Handle handle, String bucket) {
    return find(handle, bucket)
        .orElseThrow(() -> new IllegalStateException("journal " + bucket + " has no position"));
  }
}
