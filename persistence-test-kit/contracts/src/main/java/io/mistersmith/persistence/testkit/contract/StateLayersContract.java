package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.crdt.GCounter;
import io.mistersmith.persistence.crdt.OrSet;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of values: they read the same whichever layer answers. */
public abstract class StateLayersContract extends PersistenceContract {

  /** Values of each kind that a store might write in another way. */
  private static final List<String> TEXTS =
      List.of(
          "{\"budget\":1.0E7}",
          "[1E+2,1e2,1.5e-7,1.7E12,123456789e-3,0e0,0E+5]",
          "[-0.0,-0,-0.00,-0e1]",
          "[1.0,1.50,100.000,0.10,10]",
          "[9007199254740993,123456789012345678901234567890,0.1000000000000000055]",
          "[4.9E-324,1.7976931348623157E308]",
          "{\"b\":1,\"a\":2,\"cc\":3,\"\":4}",
          "{\"\":4,\"a\":2,\"b\":1,\"cc\":3}",
          "{\"twice\":1,\"other\":2,\"twice\":3}",
          "{ \"a\" : [ 1 , 2 ],\n\t\"b\" : { } }",
          "  \"blanks  around and, inside: it\"  ",
          "\"\\u00e9 \\/ / \\u001F \\ud83e\\udd16 \\\" \\\\ \\b\\f\\n\\r\\t \u007f\u2028\"",
          "{\"\\u0061\":1,\"\u00e9\":[{\"y\":1,\"x\":2}]}",
          "[[],[[]],{},[{}],null,true,false,\"\"]",
          "null",
          "\"\"",
          "\", : { [ \\\\\"");

  /** Values that an untyped reader tells apart by their class, scale, sign or order. */
  private static final List<Object> VALUES =
      List.of(
          Map.of("budget", 1.0E7),
          1.7E12,
          -0.0,
          1.0E-7,
          100.0,
          1_700_000_000_000L,
          new BigInteger("123456789012345678901234567890"),
          inOrder("zebra", 1.0, "ant", List.of(1, 1.0, 1L << 40), "a longer name", "last"),
          List.of(true, "text", inOrder("z", -0.0, "a", 12.50)));

  /** For implementations. */
  protected StateLayersContract() {}

  private static Map<String, Object> inOrder(Object... entries) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < entries.length; i += 2) {
      map.put((String) entries[i], entries[i + 1]);
    }
    return map;
  }

  @Test
  void bytesOfACodecComeBackFromEachLayer() {
    Map<String, String> saved = new LinkedHashMap<>();
    TEXTS.forEach(text -> saved.put("text-" + saved.size(), text));
    readsBackFromEachLayer(
        saved,
        runtime -> runtime.states(StateType.untyped(String.class).withCodec(new Exact())),
        value -> value);
  }

  @Test
  void valuesOfAnUntypedReaderComeBackFromEachLayer() {
    Map<String, Object> saved = new LinkedHashMap<>();
    VALUES.forEach(value -> saved.put("value-" + saved.size(), value));
    readsBackFromEachLayer(saved, this::states, StateLayersContract::described);
  }

  @Test
  void aTypedReaderGetsTheScale() {
    Map<String, BigDecimal> saved = new LinkedHashMap<>();
    for (String text : List.of("12.50", "1E+2", "0E-10", "-0.00", "1E-300", "1.0000000000000001")) {
      saved.put(text, new BigDecimal(text));
    }
    readsBackFromEachLayer(saved, runtime -> runtime.states(BigDecimal.class), value -> value);
  }

  /** An entity may name owners, keys and revisions of others. */
  record References(
      AgentId agent,
      Optional<AgentId> owner,
      StateKey key,
      Revision revision,
      Revision.OfRow row,
      Map<AgentId, Revision> seen) {}

  @Test
  void ownersKeysAndRevisionsComeBackFromEachLayer() {
    AgentId agent = AgentId.parse("aaaaaaaa-0000-4000-8000-000000000001");
    AgentId owner = AgentId.external("conversation 7");
    Revision revision = new Revision.OfJournal(3, 4711);
    References saved =
        new References(
            agent,
            Optional.of(owner),
            StateKey.of(owner, "plan"),
            revision,
            new Revision.OfRow(7),
            Map.of(owner, revision));
    readsBackFromEachLayer(
        Map.of("references", saved), runtime -> runtime.states(References.class), value -> value);
  }

  @Test
  void eachDocumentedTypeComesBackFromEachLayer() {
    Instant instant = Instant.parse("2026-02-28T23:59:59.123456789Z");
    Documented full =
        new Documented(
            instant,
            Duration.ofSeconds(-90, 1_000),
            Period.of(1, 2, 3),
            LocalDate.of(2024, 2, 29),
            LocalTime.of(23, 59, 59, 1),
            LocalDateTime.of(2026, 3, 29, 2, 30),
            OffsetDateTime.parse("2026-02-28T23:59:59+05:30"),
            ZonedDateTime.ofInstant(instant, ZoneId.of("Europe/Berlin")),
            YearMonth.of(2026, 2),
            ZoneId.of("Europe/Berlin"),
            Optional.of("text"),
            OptionalLong.of(1L << 53),
            new Plain(
                UUID.fromString("aaaaaaaa-0000-4000-8000-000000000001"),
                URI.create("https://example.org/?q=%20"),
                StorageLayer.RELATIONAL_DB,
                'c',
                true,
                -1,
                1L << 62,
                1.0E7,
                new BigDecimal("1E+2"),
                BigInteger.TWO.pow(70),
                List.of(1, 2),
                Set.of("one"),
                inOrder("z", 1, "a", 2)));
    Documented bare =
        new Documented(
            Instant.EPOCH,
            Duration.ZERO,
            Period.ZERO,
            LocalDate.EPOCH,
            LocalTime.MIDNIGHT,
            LocalDateTime.of(1, 1, 1, 0, 0),
            OffsetDateTime.parse("1970-01-01T00:00:00Z"),
            ZonedDateTime.parse("1970-01-01T00:00:00Z"),
            YearMonth.of(1970, 1),
            ZoneOffset.UTC,
            Optional.empty(),
            OptionalLong.empty(),
            full.plain());
    Map<String, Documented> saved = new LinkedHashMap<>();
    saved.put("full", full);
    saved.put("bare", bare);
    readsBackFromEachLayer(saved, runtime -> runtime.states(Documented.class), value -> value);
  }

  /** The types that docs/state.md says can be fields. */
  public record Documented(
      Instant instant,
      Duration duration,
      Period period,
      LocalDate date,
      LocalTime time,
      LocalDateTime dateTime,
      OffsetDateTime atOffset,
      ZonedDateTime inZone,
      YearMonth month,
      ZoneId zone,
      Optional<String> optional,
      OptionalLong optionalLong,
      Plain plain) {}

  /** Those that are no times, in a record within a record. */
  public record Plain(
      UUID uuid,
      URI uri,
      StorageLayer constant,
      char character,
      boolean flag,
      int number,
      long longNumber,
      double real,
      BigDecimal decimal,
      BigInteger integer,
      List<Integer> list,
      Set<String> set,
      Map<String, Object> map) {}

  @Test
  void anElementOfASetCanBeRemovedWhicheverLayerAnswers() {
    List<Object> elements =
        List.of(
            new BigDecimal("0.1000000000000000055"),
            9_007_199_254_740_993L,
            Long.MAX_VALUE,
            new BigInteger("123456789012345678901234567890"),
            new BigDecimal("1E+40"),
            List.of(new BigDecimal("1.00000000000000000001"), 1.0E7));
    OrSet set = OrSet.empty();
    for (Object element : elements) {
      set = set.add("r", element);
    }
    GCounter counter = GCounter.empty().increment("r", Long.MAX_VALUE);
    persistence().states(Tags.class).save(key("tags"), new Tags("name", set, counter));
    for (Supplier<Persistence> layer :
        List.<Supplier<Persistence>>of(this::persistence, this::uncached, this::evicted)) {
      Persistence runtime = layer.get();
      Tags found = runtime.states(Tags.class).find(key("tags")).orElseThrow().value();
      assertThat(found).isEqualTo(new Tags("name", set, counter));
      OrSet rest = found.set();
      for (Object element : elements) {
        assertThat(rest.contains(element)).isTrue();
        rest = rest.remove(element);
      }
      assertThat(rest.value()).isEmpty();
      assertThat(set.merge(rest).value()).isEmpty();
    }
  }

  private Persistence evicted() {
    evictAll(1);
    return uncached();
  }

  /** A record with CRDTs that the mapping by fields writes. */
  public record Tags(String name, OrSet set, GCounter counter) {}

  private <T> void readsBackFromEachLayer(
      Map<String, T> saved,
      Function<Persistence, StateRepository<T>> repository,
      UnaryOperator<Object> seen) {
    Map<StateKey, T> entries = new LinkedHashMap<>();
    saved.forEach((name, value) -> entries.put(key(name), value));
    Reader<T> read = new Reader<>(saved, repository, seen);
    StateRepository<T> writer = repository.apply(persistence());
    assertThat(writer.saveAll(entries).values()).allMatch(DataResult::isSuccess);
    for (StateKey key : entries.keySet()) {
      Awaitility.await()
          .atMost(SOON)
          .until(() -> writer.find(key).orElseThrow().layer() == StorageLayer.MEMORY_CACHE);
    }
    read.from(persistence(), agent(), StorageLayer.MEMORY_CACHE);
    persistence().close(SOON);
    read.from(uncached(), agent(), StorageLayer.DISTRIBUTED_KV);

    evictAll(saved.size());
    Persistence runtime = uncached();
    read.from(runtime, agent(), StorageLayer.RELATIONAL_DB);
    read.from(runtime, agent(), StorageLayer.DISTRIBUTED_KV);

    evictAll(saved.size());
    runtime = uncached();
    assertThat(runtime.lifecycle().hydrate(agent()).brought()).isEqualTo(saved.size());
    read.from(runtime, agent(), StorageLayer.DISTRIBUTED_KV);

    Checkpoint full =
        runtime.checkpoints().create(agent(), CheckpointOptions.full().withDeadline(SOON));
    assertThat(runtime.checkpoints().restore(full.id(), SOON).unchanged()).isEqualTo(saved.size());
    entries.keySet().forEach(repository.apply(runtime)::delete);
    assertThat(runtime.checkpoints().restore(full.id(), SOON).written()).isEqualTo(saved.size());
    read.from(runtime, agent(), StorageLayer.DISTRIBUTED_KV);
    Checkpoint changes =
        runtime.checkpoints().create(agent(), CheckpointOptions.changes().withDeadline(SOON));
    AgentId heir = runtime.agents().save(Agent.of("contract", "heir")).value().id();
    runtime.checkpoints().fork(changes.id(), heir, ForkOptions.toEmpty(SOON));
    read.from(runtime, heir, StorageLayer.DISTRIBUTED_KV);
    evictAll(2 * saved.size());
    runtime = uncached();
    read.from(runtime, heir, StorageLayer.RELATIONAL_DB);
    read.allFrom(runtime, entries.keySet());
    assertThat(runtime.checkpoints().restore(full.id(), SOON).unchanged())
        .as("what is the same in another form is not the same")
        .isEqualTo(saved.size());
  }

  /** Compares what is read with what was saved. */
  private record Reader<T>(
      Map<String, T> saved,
      Function<Persistence, StateRepository<T>> repository,
      UnaryOperator<Object> seen) {

    void from(Persistence runtime, AgentId agent, StorageLayer layer) {
      StateRepository<T> states = repository.apply(runtime);
      saved.forEach(
          (name, value) -> {
            Versioned<T> found = states.find(StateKey.of(agent, name)).orElseThrow();
            assertThat(found.layer()).as(name).isEqualTo(layer);
            same(name + " from " + layer, found.value(), value);
          });
    }

    void allFrom(Persistence runtime, Collection<StateKey> keys) {
      var rows = repository.apply(runtime).findAll(keys);
      for (StateKey key : keys) {
        Versioned<T> found = row(rows, key).orElseThrow();
        assertThat(found.layer()).as(key.key()).isEqualTo(StorageLayer.RELATIONAL_DB);
        same(key.key(), found.value(), Objects.requireNonNull(saved.get(key.key())));
      }
    }

    private void same(String what, T found, T value) {
      assertThat(seen.apply(found)).as(what).isEqualTo(seen.apply(value));
    }
  }

  /** With the class of each number, the sign of zero, and the order of members. */
  private static Object described(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<Object> members = new ArrayList<>();
      map.forEach((name, member) -> members.add(List.of(name, described(member))));
      return members;
    }
    return value instanceof List<?> list
        ? list.stream().map(StateLayersContract::described).toList()
        : value.getClass().getSimpleName() + " " + value;
  }

  private Persistence uncached() {
    return open(config().cache(CacheConfig.off()).build());
  }

  /** Hands JSON texts through, blanks and all. */
  private static final class Exact implements JsonCodec<String> {

    @Override
    public byte[] encode(String value) {
      return value.getBytes(UTF_8);
    }

    @Override
    public String decode(byte[] json) {
      return new String(json, UTF_8);
    }
  }
}
