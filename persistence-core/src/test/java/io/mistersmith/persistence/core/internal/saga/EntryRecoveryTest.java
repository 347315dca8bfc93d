package io.mistersmith.persistence.core.internal.saga;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Steps that change an entry, whose runner died before, between or after its row and its write. */
class EntryRecoveryTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final StateType<String> NOTE = StateType.of("note", String.class);
  private static final AgentId OWNER = AgentId.external("ada");
  private static final StateKey KEY = new StateKey(OWNER, "note", "k");

  private static final Saga SAGA =
      Saga.builder("entry", 1)
          .step(SagaStep.entry("e", context -> EntryChange.put(NOTE, OWNER, "k", "new")))
          .build();

  private final InMemoryStores memory = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final UUID run = UUID.randomUUID();
  private Persistence persistence;
  private Stores stores;
  private HotBucket bucket;

  @BeforeEach
  void open() {
    persistence = Persistence.open(config, memory);
    stores = memory.open(config);
    bucket = stores.hot().bucket(Bucket.AGENT_STATE);
  }

  @AfterEach
  void close() {
    persistence.close(Duration.ofSeconds(2));
    stores.close();
  }

  private StateRepository<String> notes() {
    return persistence.states(NOTE);
  }

  private String writeId() {
    return run + "-0-1";
  }

  private Optional<HotEntry> latest() {
    return bucket.reads().get(KEY, ReadFrom.LEADER);
  }

  /** The row BEGUN of a write that is to follow what was saved. */
  private NewEntry begun(Optional<Revision> saved) {
    KeptEntry kept =
        KeptEntry.of(
            KEY,
            writeId(),
            new Latest(
                latest().map(HotEntry::sequence).orElse(HotWrites.NONE),
                saved.map(Revision.OfJournal.class::cast),
                latest().map(HotEntry::value),
                Optional.empty(),
                Optional.empty()));
    return new NewEntry(Event.BEGUN, Optional.of("e"), 1, kept.data(), Optional.empty());
  }

  private Optional<Revision> saved(String value) {
    return Optional.of(notes().save(KEY, value).revision());
  }

  private long publish(String value, String id, long place) {
    return bucket
        .writes()
        .publish(
            KEY,
            Operation.PUT,
            ('"' + value + '"').getBytes(UTF_8),
            new EntryMetadata(Optional.empty(), Optional.empty(), Optional.of(id)),
            place);
  }

  private void abandon(Then then, NewEntry... rows) {
    SagaStore sagas = stores.sql().sagas();
    Added added =
        new Added(
            run,
            Definitions.of(SAGA),
            List.of("e"),
            Map.of(),
            "work",
            Optional.empty(),
            Optional.empty(),
            Duration.ofMinutes(5));
    UUID id = sagas.add(added, Optional.of("dead"));
    Optional<String> unused = sagas.append(new Owned(id, 1), 1, List.of(rows), then);
  }

  private State over() {
    SagaRunner runner = persistence.sagas().startRunner(SagaRunner.Options.of(1), List.of(SAGA));
    try {
      return persistence.sagas().await(run, SOON).orElseThrow().state();
    } finally {
      runner.close();
    }
  }

  private static final Then GO_ON = new Then.GoOn();

  private List<Event> events() {
    return persistence.sagas().log(run).stream().map(row -> row.event()).toList();
  }

  @Test
  void aWriteThatWasNotSentIsSentOnce() {
    abandon(GO_ON, begun(saved("old")));
    assertThat(over()).isEqualTo(State.COMPLETED);
    assertThat(notes().find(KEY).orElseThrow().value()).isEqualTo("new");
    assertThat(latest().orElseThrow().metadata().writeId()).contains(writeId());
    assertThat(events()).containsExactly(Event.BEGUN, Event.DONE, Event.ENDED);
  }

  @Test
  void aWriteThatWasMadeIsRecognised() {
    NewEntry begun = begun(saved("old"));
    long place = publish("new", writeId(), latest().orElseThrow().sequence());
    abandon(GO_ON, begun);
    assertThat(over()).isEqualTo(State.COMPLETED);
    assertThat(latest().orElseThrow().sequence()).isEqualTo(place);
    assertThat(notes().find(KEY).orElseThrow().revision().toString()).endsWith("-" + place);
    assertThat(persistence.sagas().log(run).get(1).data())
        .hasEntrySatisfying(
            "revision", revision -> assertThat(revision.toString()).endsWith("-" + place));
  }

  @Test
  void whatOthersWroteMeanwhileStopsTheRun() {
    NewEntry begun = begun(saved("old"));
    Optional<Revision> unused = saved("of others");
    abandon(GO_ON, begun);
    assertThat(over()).isEqualTo(State.COMPENSATION_FAILED);
    assertThat(notes().find(KEY).orElseThrow().value()).isEqualTo("of others");
  }

  @Test
  void anEntryThatWasEvictedMeanwhileIsWrittenAtItsNewPlace() throws Exception {
    NewEntry begun = begun(saved("old"));
    notes().flush(KEY, SOON);
    bucket
        .writes()
        .evict(bucket.journal().subject(KEY), latest().orElseThrow().sequence())
        .get(SOON.toSeconds(), TimeUnit.SECONDS);
    abandon(GO_ON, begun);
    assertThat(over()).isEqualTo(State.COMPLETED);
    assertThat(events()).containsExactly(Event.BEGUN, Event.BEGUN, Event.DONE, Event.ENDED);
    assertThat(notes().find(KEY).orElseThrow().value()).isEqualTo("new");
  }

  @Test
  void anActionIsRefusedAfterItsCompensation() {
    NewEntry begun = begun(saved("old"));
    long place = latest().orElseThrow().sequence();
    abandon(GO_ON, begun);
    assertThat(persistence.sagas().cancel(run, "enough")).isTrue();
    assertThat(over()).isEqualTo(State.COMPENSATED);
    assertThatThrownBy(() -> publish("new", writeId(), place)).hasMessageContaining("k");
    assertThat(notes().find(KEY).orElseThrow().value()).isEqualTo("old");
  }

  @Test
  void anActionThatWouldCreateIsRefusedAfterItsCompensation() {
    abandon(GO_ON, begun(Optional.empty()));
    assertThat(persistence.sagas().cancel(run, "enough")).isTrue();
    assertThat(over()).isEqualTo(State.COMPENSATED);
    assertThatThrownBy(() -> publish("new", writeId(), HotWrites.NONE)).hasMessageContaining("k");
    assertThat(notes().find(KEY)).isEmpty();
  }

  @Test
  void aCompensationRecognisesItsOwnWrite() {
    NewEntry begun = begun(saved("old"));
    long place = publish("new", writeId(), latest().orElseThrow().sequence());
    long undo = publish("old", run + "-0-undo", place);
    abandon(
        new Then.Compensate(Duration.ofMinutes(2)),
        begun,
        new NewEntry(Event.COMPENSATING, Optional.empty(), 0, Map.of(), Optional.of("because")),
        new NewEntry(Event.UNDO_BEGUN, Optional.of("e"), 1, Map.of(), Optional.empty()));
    assertThat(over()).isEqualTo(State.COMPENSATED);
    assertThat(latest().orElseThrow().sequence()).isEqualTo(undo);
  }

  @Test
  void keptBytesAreReadBack() {
    byte[] bytes = {'"', (byte) 0xff, 0, '"'};
    for (byte[] value : List.of(bytes, "\"é\\u0000\"".getBytes(UTF_8))) {
      KeptEntry kept =
          new KeptEntry(
              KEY,
              "w",
              7,
              Optional.of(new Revision.OfJournal(1, 7)),
              Optional.of(value),
              Optional.of(Instant.ofEpochMilli(5)));
      KeptEntry read = KeptEntry.read(kept.data());
      assertThat(read.value().orElseThrow()).isEqualTo(value);
      assertThat(read.key()).isEqualTo(KEY);
      assertThat(read.place()).isEqualTo(7);
      assertThat(read.revision()).isEqualTo(kept.revision());
      assertThat(read.ownEnd()).isEqualTo(kept.ownEnd());
    }
  }
}
