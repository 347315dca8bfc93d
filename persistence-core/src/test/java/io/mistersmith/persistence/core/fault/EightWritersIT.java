package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.crdt.OrMap;
import io.mistersmith.persistence.crdt.OrSet;
import io.mistersmith.persistence.crdt.PnCounter;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Eight writers on four processes write one key, with each strategy. The final value follows the
 * law of the strategy: in KV as this fifth process reads it, and in PostgreSQL, with the same
 * provenance.
 */
@Tag("fault")
@Tag("full")
class EightWritersIT {

  private static final int WRITES = 40;

  @TempDir private static Path directory;
  private static final FaultServers SERVERS = FaultServers.unharmed();
  private static final Installation INSTALLATION = SERVERS.installation();
  private static final Persistence PERSISTENCE = INSTALLATION.openUncached();
  private static Rivals rivals;

  private final AgentId agent = INSTALLATION.register(PERSISTENCE, 1).get(0);
  private final StateKey key = StateKey.of(agent, RivalProcess.KEY);

  @BeforeAll
  static void start() {
    rivals = Rivals.start(INSTALLATION, directory);
  }

  @AfterAll
  static void close() {
    try (PERSISTENCE) {
      rivals.close();
    }
  }

  /** By the writers' hybrid clocks, though one process's wall clock is 45 s behind another's. */
  @Test
  void theLatestWriteWins() {
    StateRepository<String> states = states(String.class, ConflictResolver.lastWriteWins());
    states.save(key, "first");
    states.flush(key, Duration.ofSeconds(10));
    Map<String, HybridTimestamp> times = new HashMap<>();
    times.put("first", HybridTimestamp.parse(StoredVersion.inPostgres(INSTALLATION, key).time()));

    Map<String, List<String>> told = new HashMap<>();
    try (Streams streams = Streams.of(INSTALLATION)) {
      assertThat(
              streams.timesDuring(
                  Installation.tail(agent, "_." + RivalProcess.KEY),
                  () -> told.putAll(rivals.compete(Rivalry.LAST_WRITE_WINS, agent, WRITES))))
          .as("times of the versions in the order in which they were stored")
          .hasSizeGreaterThan(WRITES)
          .isSorted();
    }
    for (String line : all(told)) {
      String[] part = line.split(" ", 3);
      times.put(part[0], HybridTimestamp.parse(part[1]));
    }
    String latest =
        times.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    assertThat(inBothStores(states).value()).isEqualTo(latest);
    told.values().forEach(lines -> assertEachWriteIsAfterWhatWasTold(lines, times));
    report(Rivalry.LAST_WRITE_WINS, told);
  }

  private static void assertEachWriteIsAfterWhatWasTold(
      List<String> lines, Map<String, HybridTimestamp> times) {
    for (int i = 1; i < lines.size(); i++) {
      HybridTimestamp told = times.get(lines.get(i - 1).split(" ", 3)[2]);
      HybridTimestamp next = HybridTimestamp.parse(lines.get(i).split(" ", 3)[1]);
      assertThat(next)
          .as("time of a write whose author had been told of one at " + told)
          .isGreaterThan(told);
    }
  }

  @Test
  void whatHasSeenTheOtherStaysAndAllElseIsMerged() {
    StateRepository<String> states = states(String.class, Rivalry.words());
    states.save(key, "first");
    Map<String, List<String>> told = rivals.compete(Rivalry.VECTOR_CLOCK, agent, WRITES);
    Versioned<String> merged = inBothStores(states);
    Set<String> words = new TreeSet<>(all(told));
    words.add("first");
    assertThat(merged.value().split(" ")).containsExactlyElementsOf(words);

    SaveOptions based = SaveOptions.unconditional().basedOn(merged);
    assertThat(states.save(key, "last", based).value()).isEqualTo("last");
    assertThat(states.save(key, "late", based).value()).isEqualTo("last late");
    assertThat(inBothStores(states).value()).isEqualTo("last late");
    report(Rivalry.VECTOR_CLOCK, told);
  }

  @Test
  void noIncrementIsLost() {
    StateRepository<PnCounter> states = states(PnCounter.class, ConflictResolver.crdtMerge());
    Map<String, List<String>> told = rivals.compete(Rivalry.PN_COUNTER, agent, WRITES);
    long counted = all(told).stream().mapToLong(Long::parseLong).sum();
    assertThat(inBothStores(states).value().value()).isEqualTo(counted).isEqualTo(8 * WRITES);
    report(Rivalry.PN_COUNTER, told);
  }

  @Test
  void noElementIsLostAndNoneComesBack() {
    StateRepository<OrSet> states = states(OrSet.class, ConflictResolver.crdtMerge());
    Map<String, List<String>> told = rivals.compete(Rivalry.OR_SET, agent, WRITES);
    Set<Object> elements = new HashSet<>();
    for (String change : all(told)) {
      String element = change.substring(1);
      assertThat(change.charAt(0) == '+' ? elements.add(element) : elements.remove(element))
          .isTrue();
    }
    assertThat(inBothStores(states).value().value()).isEqualTo(elements);
    report(Rivalry.OR_SET, told);
  }

  @Test
  void nothingInsideAMapIsLost() {
    StateRepository<OrMap> states = states(OrMap.class, ConflictResolver.crdtMerge());
    Map<String, List<String>> told = rivals.compete(Rivalry.OR_MAP, agent, WRITES);
    OrMap map = inBothStores(states).value();
    assertThat(map.get("count", PnCounter.empty()).value()).isEqualTo(8 * WRITES);
    assertThat(map.get("inner", OrMap.empty()).get("elements", OrSet.empty()).value())
        .isEqualTo(Set.copyOf(all(told)));
    report(Rivalry.OR_MAP, told);
  }

  @Test
  void aCallersFunctionSeesEveryVersion() {
    StateRepository<String> states =
        states(String.class, ConflictResolver.customMerge(Rivalry::union));
    Map<String, List<String>> told = rivals.compete(Rivalry.CUSTOM_MERGE, agent, WRITES);
    assertThat(inBothStores(states).value().split(" "))
        .containsExactlyElementsOf(new TreeSet<>(all(told)));
    report(Rivalry.CUSTOM_MERGE, told);
  }

  @Test
  void whoIsRejectedReadsAndCountsAgain() {
    StateRepository<Long> states = states(Long.class, ConflictResolver.reject());
    states.save(key, 0L);
    Map<String, List<String>> told = rivals.compete(Rivalry.REJECT, agent, WRITES);
    assertThat(all(told)).contains("rejected");
    assertThat(inBothStores(states).value()).isEqualTo(8 * WRITES);
    report(Rivalry.REJECT, told);
  }

  private static <T> StateRepository<T> states(Class<T> type, ConflictResolver<T> resolver) {
    return PERSISTENCE.states(StateType.untyped(type).withRules(ConflictRules.of(resolver)));
  }

  private static List<String> all(Map<String, List<String>> told) {
    return told.values().stream().flatMap(Collection::stream).toList();
  }

  /** Returns the entry in KV after checking that PostgreSQL has the same. */
  private <T> Versioned<T> inBothStores(StateRepository<T> states) {
    Versioned<T> found = states.find(key).orElseThrow();
    assertThat(found.layer()).isEqualTo(StorageLayer.DISTRIBUTED_KV);
    states.flush(key, Duration.ofSeconds(10));
    StoredVersion row = StoredVersion.inPostgres(INSTALLATION, key);
    assertThat(row).isEqualTo(StoredVersion.inKv(INSTALLATION, key));
    assertThat(row.clock()).isEqualTo(found.clock().toString());
    INSTALLATION.assertNothingWentBack();
    return found;
  }

  private static void report(Rivalry rivalry, Map<String, List<String>> told) {
    SERVERS.report(
        "EightWriters " + rivalry,
        "processes=4 writers=%d told=%d".formatted(told.size(), all(told).size()));
  }
}
