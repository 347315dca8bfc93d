package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That messages of other programs, with headers and subjects as no client library sends them, are
 * read as what they are and take nothing with them.
 */
class ForeignMessagesIT {

  private static final String PREFIX = "$KV.AGENT_STATE.";
  private static final String PAYLOAD = "{\"v\":1}";
  private static final StateKey GOOD = StateKey.of(AgentId.external("agent"), "good");

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void everyRoadToAnUnreadableMessageReturnsItsBytes(String line) throws Exception {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build());
        WirePublisher wire = WirePublisher.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      AtomicInteger connectionsLost = new AtomicInteger();
      store.onReconnect(connectionsLost::incrementAndGet);
      Map<String, String> blocks = new LinkedHashMap<>(ForeignBlocks.unreadable());
      blocks.putAll(ForeignBlocks.statuses());
      List<StateKey> keys = new ArrayList<>();
      for (Map.Entry<String, String> block : blocks.entrySet()) {
        StateKey key = StateKey.of(AgentId.external("agent"), block.getKey());
        keys.add(key);
        assertThat(wire.publish(bucket.journal().subject(key), block.getValue(), PAYLOAD))
            .contains("seq");
        put(bucket, StateKey.of(AgentId.external("agent"), "after." + block.getKey()));
      }
      put(bucket, GOOD);
      List<JournalEntry> journal = journal(bucket, JournalRange.from(1));
      List<JournalEntry> headers = journal(bucket, JournalRange.from(1).withoutValues());
      assertThat(journal).hasSize(2 * keys.size() + 1);
      for (int i = 0; i < keys.size(); i++) {
        JournalEntry foreign = journal.get(2 * i);
        assertThat(foreign.key()).contains(keys.get(i));
        assertThat(foreign.operation()).isEqualTo(Operation.PUT);
        assertThat(foreign.metadata()).isEqualTo(EntryMetadata.NONE);
        String block = Objects.requireNonNull(blocks.get(keys.get(i).key()));
        assertThat(foreign.value()).isEqualTo(PAYLOAD.getBytes(UTF_8));
        assertThat(foreign.unreadable().map(it -> new String(it.headers(), ISO_8859_1)))
            .as(keys.get(i).key())
            .isEqualTo(
                isUnreadable(keys.get(i), line) ? Optional.of(published(block)) : Optional.empty());
        assertThat(journal.get(2 * i + 1).value()).isEqualTo("good".getBytes(UTF_8));
        assertThat(headers.get(2 * i).value()).isEmpty();
        assertThat(headers.get(2 * i).sequence()).isEqualTo(foreign.sequence());
      }
      for (ReadFrom from : ReadFrom.values()) {
        Map<StateKey, HotEntry> all = bucket.reads().getAll(keys, from);
        for (int i = 0; i < keys.size(); i++) {
          HotEntry entry = bucket.reads().get(keys.get(i), from).orElseThrow();
          assertThat(entry.sequence()).isEqualTo(journal.get(2 * i).sequence());
          assertThat(entry.time()).isEqualTo(journal.get(2 * i).time());
          assertThat(entry.operation()).isEqualTo(Operation.PUT);
          HotEntry ofMany = Objects.requireNonNull(all.get(keys.get(i)));
          assertThat(ofMany.sequence()).isEqualTo(entry.sequence());
          for (byte[] value : List.of(entry.value(), ofMany.value())) {
            boolean plain = Arrays.equals(value, PAYLOAD.getBytes(UTF_8));
            // A direct get answers with headers of the server's own, which can complete a block.
            if (!plain || (from == ReadFrom.LEADER && isUnreadable(keys.get(i), line))) {
              assertThat(new String(value, ISO_8859_1))
                  .as(keys.get(i).key())
                  .startsWith("HPUB ")
                  .endsWith(PAYLOAD + "\r\n");
            }
          }
        }
        assertThat(bucket.reads().get(GOOD, from)).isPresent();
      }
      assertThat(bucket.reads().list(AgentId.external("agent"), ""))
          .extracting(HotEntry::key)
          .containsAll(keys)
          .contains(GOOD)
          .hasSize(2 * keys.size() + 1);
      assertThat(bucket.reads().keysAsync(AgentId.external("agent"), "").get(60, TimeUnit.SECONDS))
          .containsAll(keys);
      for (int i = 0; i < keys.size(); i++) { // as the last message is a condition, or not
        long at = i % 2 == 0 ? HotWrites.ANY : journal.get(2 * i).sequence();
        bucket
            .writes()
            .publish(keys.get(i), Operation.PUT, PAYLOAD.getBytes(UTF_8), EntryMetadata.NONE, at);
        assertThat(bucket.reads().get(keys.get(i), ReadFrom.LEADER).orElseThrow().value())
            .isEqualTo(PAYLOAD.getBytes(UTF_8));
      }
      assertThat(connectionsLost).hasValue(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void oddHeadersAreReadAsNone(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build());
        WirePublisher wire = WirePublisher.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      ForeignBlocks.odd()
          .forEach(
              (name, block) -> {
                StateKey key = StateKey.of(AgentId.external("agent"), name);
                assertThat(wire.publish(bucket.journal().subject(key), block, PAYLOAD))
                    .contains("seq");
                long last = bucket.journal().state().lastSequence();
                for (ReadFrom from : ReadFrom.values()) {
                  HotEntry entry = bucket.reads().get(key, from).orElseThrow();
                  assertThat(entry.value()).as(name).isEqualTo(PAYLOAD.getBytes(UTF_8));
                  assertThat(entry.sequence()).isEqualTo(last);
                  assertThat(entry.metadata().hydrated()).isEmpty();
                }
              });
      assertThat(journal(bucket, JournalRange.from(1)))
          .hasSize(ForeignBlocks.odd().size())
          .allSatisfy(entry -> assertThat(entry.value()).isEqualTo(PAYLOAD.getBytes(UTF_8)));
    }
  }

  /** A subject may be as long as the server's control line, and the server sends more with it. */
  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void oddSubjectsAreReadAndRemovedAlone(String line) throws Exception {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build());
        WirePublisher wire = WirePublisher.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      put(bucket, GOOD);
      List<String> subjects =
          List.of(
              PREFIX + "one",
              PREFIX + "agent.\"quoted\\",
              PREFIX + "agent.n\0l",
              PREFIX + "agent." + "z".repeat(4_000),
              PREFIX + "agent.\u00e4\u20ac");
      List<String> patterns = List.of(PREFIX + "agent.*", PREFIX + "agent.>");
      List<String> all = new ArrayList<>(subjects);
      all.addAll(patterns);
      for (String subject : all) {
        String bytes = new String(subject.getBytes(UTF_8), ISO_8859_1);
        assertThat(wire.publish(bytes, PAYLOAD)).contains("seq");
      }
      List<JournalEntry> journal = journal(bucket, JournalRange.from(2));
      assertThat(journal).extracting(JournalEntry::subject).containsExactlyElementsOf(all);
      assertThat(journal)
          .filteredOn(entry -> !entry.subject().contains("zzz"))
          .allSatisfy(entry -> assertThat(entry.key()).isEmpty());
      assertThat(bucket.reads().list(AgentId.external("agent"), ""))
          .extracting(HotEntry::key)
          .contains(GOOD);
      for (JournalEntry entry : journal) {
        if (patterns.contains(entry.subject())) {
          assertThatThrownBy(
                  () ->
                      bucket
                          .writes()
                          .evict(entry.subject(), entry.sequence())
                          .get(60, TimeUnit.SECONDS))
              .hasCauseInstanceOf(NonTransientPersistenceException.class)
              .hasMessageContaining("pattern");
        } else {
          bucket.writes().evict(entry.subject(), entry.sequence()).get(60, TimeUnit.SECONDS);
        }
      }
      assertThat(journal(bucket, JournalRange.from(1)))
          .extracting(JournalEntry::subject)
          .containsExactly(bucket.journal().subject(GOOD), patterns.get(0), patterns.get(1));
    }
  }

  /** Any subject that this process subscribes to can carry such headers, not only a bucket's. */
  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aNudgeWithUnreadableHeadersIsStillOne(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build());
        WirePublisher wire = WirePublisher.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      AtomicInteger nudges = new AtomicInteger();
      bucket.journal().onNudge(nudges::incrementAndGet);
      put(bucket, GOOD); // the subscription was made before this was acknowledged
      ForeignBlocks.unreadable()
          .values()
          .forEach(block -> wire.publishUnasked("persistence.nudge." + bucket.name(), block));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> nudges.get() == ForeignBlocks.unreadable().size());
      assertThat(bucket.reads().get(GOOD, ReadFrom.LEADER)).isPresent();
    }
  }

  /** Headers that jnats could read are written as jnats writes them. */
  private static String published(String block) {
    return block.replace("KV-Operation: ", "KV-Operation:");
  }

  /** The newest servers leave a status out of what they store. */
  private static boolean isUnreadable(StateKey key, String line) {
    return line.equals(NatsOptions.OLDEST) || ForeignBlocks.unreadable().containsKey(key.key());
  }

  private static void put(HotBucket bucket, StateKey key) {
    bucket
        .writes()
        .publish(key, Operation.PUT, "good".getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
  }

  private static List<JournalEntry> journal(HotBucket bucket, JournalRange range) {
    long last = bucket.journal().state().lastSequence();
    List<JournalEntry> entries = new ArrayList<>();
    try (JournalReader reader = bucket.journal().read(range)) {
      do {
        entries.add(reader.next(Duration.ofSeconds(10)).orElseThrow());
      } while (entries.get(entries.size() - 1).sequence() < last);
    }
    return entries;
  }
}
