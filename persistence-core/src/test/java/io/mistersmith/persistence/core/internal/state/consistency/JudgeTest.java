package io.mistersmith.persistence.core.internal.state.consistency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The verdict about an entry and its row. */
class JudgeTest {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "k");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = NOW.plusSeconds(60);
  private static final String SHA_256_OF_1 =
      "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";

  /** Epoch 3 began at the sequence 101, epoch 2 at 1. */
  private static final JournalPosition POSITION =
      new JournalPosition(
          "B",
          3,
          200,
          NOW,
          NOW,
          List.of(new JournalPosition.Epoch(3, 101), new JournalPosition.Epoch(2, 1)));

  private static HotEntry hot(Operation operation, String json, Optional<Instant> end) {
    EntryMetadata metadata = new EntryMetadata(Optional.empty(), end, Optional.empty());
    return new HotEntry(KEY, 150, NOW, operation, json.getBytes(UTF_8), metadata);
  }

  private static HotEntry written(String json) {
    return hot(Operation.PUT, json, Optional.empty());
  }

  private static StoredState row(
      String json, Revision.OfJournal revision, Optional<Instant> end, boolean deleted) {
    return new StoredState(KEY, json.getBytes(UTF_8), revision, NOW, end, deleted);
  }

  private static StoredState row(String json, Revision.OfJournal revision) {
    return row(json, revision, Optional.empty(), false);
  }

  private static Optional<Kind> judge(HotEntry hot, StoredState row, String checksum) {
    return Judge.judge(new Observed(hot, Optional.of(row), Optional.of(checksum), POSITION), NOW);
  }

  private static Optional<Kind> judge(HotEntry hot, StoredState row) {
    return Judge.judge(new Observed(hot, Optional.of(row), Optional.empty(), POSITION), NOW);
  }

  private static Optional<Kind> judgeWithoutRow(HotEntry hot) {
    return Judge.judge(new Observed(hot, Optional.empty(), Optional.empty(), POSITION), NOW);
  }

  private static Revision.OfJournal revision(long epoch, long sequence) {
    return new Revision.OfJournal(epoch, sequence);
  }

  @Test
  void theSameRevisionValueAndChecksumAgree() {
    assertThat(judge(written("1"), row("1", revision(3, 150)), SHA_256_OF_1)).isEmpty();
    assertThat(judge(written("1"), row("1", revision(3, 150)))).as("no checksum yet").isEmpty();
  }

  @Test
  void theChecksumIsComparedThoughTheValueIsTheSame() {
    String another = SHA_256_OF_1.replace('6', '7');
    assertThat(judge(written("1"), row("1", revision(3, 150)), another))
        .contains(Kind.VALUE_DIFFERS);
  }

  @Test
  void theValueIsComparedThoughTheChecksumIsTheSame() {
    assertThat(judge(written("1"), row("2", revision(3, 150)), SHA_256_OF_1))
        .contains(Kind.VALUE_DIFFERS);
  }

  @Test
  void aHydratedCopyIsComparedByItsValue() {
    HotEntry copy =
        new HotEntry(
            KEY,
            150,
            NOW,
            Operation.PUT,
            "1.0".getBytes(UTF_8),
            EntryMetadata.hydrated(revision(2, 20), Optional.empty()));
    assertThat(judge(copy, row("1.0", revision(2, 20)), SHA_256_OF_1)).isEmpty();
    assertThat(judge(copy, row("7", revision(2, 20)), SHA_256_OF_1)).contains(Kind.STALE_HYDRATION);
    assertThat(judge(copy, row("1.0", revision(2, 21)))).contains(Kind.STALE_HYDRATION);
    assertThat(judge(copy, row("1.0", revision(2, 19)))).contains(Kind.SQL_BEHIND);
  }

  @Test
  void theEndIsComparedToTheMillisecond() {
    HotEntry ending = hot(Operation.PUT, "1", Optional.of(LATER.plusNanos(1)));
    assertThat(judge(ending, row("1", revision(3, 150), Optional.of(LATER), false))).isEmpty();
    assertThat(judge(ending, row("1", revision(3, 150)))).contains(Kind.VALUE_DIFFERS);
    assertThat(judge(ending, row("1", revision(3, 150), Optional.of(LATER.plusMillis(1)), false)))
        .contains(Kind.VALUE_DIFFERS);
  }

  @Test
  void aDeleteIsComparedToo() {
    HotEntry marker = hot(Operation.DELETE, "", Optional.empty());
    StoredState tombstone = row("", revision(3, 150), Optional.empty(), true);
    assertThat(judge(marker, tombstone)).isEmpty();
    assertThat(judge(marker, row("1", revision(3, 150)))).contains(Kind.VALUE_DIFFERS);
    assertThat(judge(written("1"), tombstone)).contains(Kind.VALUE_DIFFERS);
  }

  @Test
  void whereThereIsNoRowNoneIsNeededForWhatIsGone() {
    assertThat(judgeWithoutRow(written("1"))).contains(Kind.MISSING_IN_SQL);
    assertThat(judgeWithoutRow(hot(Operation.DELETE, "", Optional.empty()))).isEmpty();
    assertThat(judgeWithoutRow(hot(Operation.PUT, "1", Optional.of(NOW)))).isEmpty();
    assertThat(judgeWithoutRow(hot(Operation.PUT, "1", Optional.of(LATER))))
        .contains(Kind.MISSING_IN_SQL);
  }

  @Test
  void theRevisionsSayWhichStoreIsBehind() {
    assertThat(judge(written("1"), row("1", revision(3, 149)))).contains(Kind.SQL_BEHIND);
    assertThat(judge(written("1"), row("1", revision(2, 1_000)))).contains(Kind.SQL_BEHIND);
    assertThat(judge(written("1"), row("1", revision(3, 151)))).contains(Kind.SQL_AHEAD);
    assertThat(judge(written("1"), row("1", revision(4, 151))))
        .as("an epoch to come")
        .contains(Kind.SQL_AHEAD);
    HotEntry older =
        new HotEntry(KEY, 50, NOW, Operation.PUT, "1".getBytes(UTF_8), EntryMetadata.NONE);
    assertThat(judge(older, row("1", revision(2, 120))))
        .as("120 is of epoch 3 now: the tail of epoch 2 was lost")
        .contains(Kind.KV_BEHIND);
  }
}
