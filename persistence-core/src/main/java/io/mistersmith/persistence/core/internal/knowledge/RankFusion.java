package io.mistersmith.persistence.core.internal.knowledge;

import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Ranked;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Makes one ranking of several, by what the ranks count. For one search. */
final class RankFusion {

  private final Map<UUID, Double> scores = new HashMap<>();

  /** Adds a list, best first. */
  void add(List<Ranked> ranking) {
    for (int i = 0; i < ranking.size(); i++) {
      double score = 1.0 / (SearchQuery.RANK_OFFSET + i + 1);
      scores.merge(ranking.get(i).fact(), score, Double::sum);
    }
  }

  /** Returns the facts that rank first, best first; of the same score in the order of ids. */
  List<UUID> best(int limit) {
    return scores.entrySet().stream()
        .sorted(
            Map.Entry.<UUID, Double>comparingByValue(Comparator.reverseOrder())
                .thenComparing(entry -> entry.getKey().toString()))
        .limit(limit)
        .map(Map.Entry::getKey)
        .toList();
  }

  double score(UUID fact) {
    return scores.getOrDefault(fact, 0.0);
  }
}
