package io.mistersmith.persistence.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.SearchQuery;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * How many of the ten nearest embeddings a search finds, and how long it takes, by each method and
 * under filters. The vectors form clusters of different sizes, as those of texts do. Prints a line
 * for each: few vectors in short, 100,000 in full counts.
 */
class KnowledgeRecallIT {

  private static final boolean FULL = Boolean.getBoolean("persistence.test.full");

  private static final ClusteredVectors DATA =
      FULL ? ClusteredVectors.of(100_000, 384) : ClusteredVectors.of(3_000, 32);

  /** An HNSW index is built several times as fast where the whole of it fits. */
  private static final String MEMORY = "SET maintenance_work_mem = '512MB'; ";

  private static final int QUERIES = FULL ? 100 : 20;
  private static final int WARM_UP = 10;
  private static final int NEAREST = 10;

  @Test
  void exactSearchMissesNone() throws Exception {
    try (RealServers servers = new RealServers();
        Persistence persistence = servers.open(servers.config().build())) {
      DATA.store(persistence.knowledge());
      servers.execute("VACUUM ANALYZE knowledge.facts, knowledge.embeddings");
      assertThat(worst("exact", persistence.knowledge())).isEqualTo(1);
    }
  }

  @Test
  void indexesOfPgvectorMissFew() throws Exception {
    try (RealServers servers = RealServers.withPgvector(DATA.dimensions());
        Persistence persistence = servers.open(servers.config().build())) {
      servers.execute("DROP INDEX knowledge.idx_knowledge_embeddings_vector");
      DATA.store(persistence.knowledge());
      servers.execute("VACUUM ANALYZE knowledge.facts, knowledge.embeddings");
      servers.execute(MEMORY + "SELECT knowledge.build_hnsw_index()");
      assertThat(worst("hnsw", persistence.knowledge())).isGreaterThanOrEqualTo(0.95);
      servers.execute(
          MEMORY + "SELECT knowledge.build_ivfflat_index(%d)".formatted(DATA.size() / 1_000));
      assertThat(worst("ivfflat", persistence.knowledge())).isGreaterThanOrEqualTo(0.95);
    }
  }

  /** Measures with each filter, and returns the worst recall. */
  private static double worst(String method, Knowledge knowledge) {
    System.out.println("recall: " + method + " is " + knowledge.searchMethod());
    FactQuery all = FactQuery.all();
    return Math.min(
        Math.min(
            recall(method, "none", knowledge, all, i -> true),
            recall(method, "tenth", knowledge, all.withEntityType("t3"), i -> i % 10 == 3)),
        Math.min(
            recall(method, "hundredth", knowledge, FactQuery.about("t3", "e3"), i -> i % 100 == 3),
            recall(
                method,
                "far-cluster",
                knowledge,
                all.withPredicate("c7"),
                i -> DATA.cluster(i) == 7)));
  }

  private static double recall(
      String method, String filter, Knowledge knowledge, FactQuery query, IntPredicate selects) {
    long[] nanos = new long[QUERIES];
    int found = 0;
    int wanted = 0;
    for (int q = -WARM_UP; q < QUERIES; q++) {
      float[] vector = DATA.query(q + WARM_UP);
      long start = System.nanoTime();
      List<UUID> answer =
          knowledge
              .search(
                  SearchQuery.near(ClusteredVectors.MODEL, vector).within(query).withLimit(NEAREST))
              .stream()
              .map(hit -> hit.fact().id())
              .toList();
      if (q >= 0) {
        nanos[q] = System.nanoTime() - start;
        List<UUID> nearest = DATA.nearest(vector, NEAREST, selects);
        wanted += nearest.size();
        found += (int) answer.stream().filter(nearest::contains).count();
      }
    }
    Arrays.sort(nanos);
    double recall = (double) found / wanted;
    System.out.printf(
        Locale.ROOT,
        "recall: vectors=%d dimensions=%d method=%s filter=%s recall@10=%.3f p50_ms=%.1f"
            + " p95_ms=%.1f%n",
        DATA.size(),
        DATA.dimensions(),
        method,
        filter,
        recall,
        nanos[QUERIES / 2] / 1e6,
        nanos[QUERIES * 95 / 100] / 1e6);
    assertThat(IntStream.range(0, DATA.size()).filter(selects).limit(NEAREST).count())
        .as("facts that the filter selects")
        .isEqualTo(NEAREST);
    return recall;
  }
}
