package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Merges what a bucket and the durable store know of an owner's keys into one page. The bucket's
 * entries are complete; rows are read page by page until the page is full, as the bucket may say of
 * a row that it is deleted.
 */
final class KeyPage {

  /** The order of the keys' UTF-8 text, which is PostgreSQL's, too. */
  static final Comparator<StateKey> BY_BYTES =
      (one, other) ->
          Arrays.compareUnsigned(
              one.path().getBytes(StandardCharsets.UTF_8),
              other.path().getBytes(StandardCharsets.UTF_8));

  private final Tiers tiers;
  private final AgentId agent;
  private final String prefix;
  private final int limit;
  private final NavigableSet<StateKey> live = new TreeSet<>(BY_BYTES);
  private final Set<StateKey> gone = new HashSet<>();

  KeyPage(Tiers tiers, AgentId agent, String prefix, int limit) {
    this.tiers = tiers;
    this.agent = agent;
    this.prefix = prefix;
    this.limit = limit;
  }

  /** The keys after {@code after}, of these entries of the bucket and of the rows. */
  List<StateKey> after(String after, Collection<HotEntry> entries) {
    return after(after, entries, tiers.rowKeys(agent, prefix, after, limit));
  }

  /**
   * The keys after {@code after}, of these entries of the bucket and of the rows.
   *
   * @param first the first rows after {@code after}, as many as the page has keys
   */
  List<StateKey> after(String after, Collection<HotEntry> entries, List<StoredKey> first) {
    for (HotEntry entry : entries) {
      if (!tiers.isLive(entry)) {
        gone.add(entry.key());
      } else if (after.isEmpty() || BY_BYTES.compare(entry.key(), key(after)) > 0) {
        live.add(entry.key());
      }
    }
    List<StateKey> page = new ArrayList<>();
    List<StoredKey> rows = first;
    while (true) {
      for (StoredKey row : rows) {
        if (tiers.isLive(row) && !gone.contains(row.key())) {
          live.add(row.key());
        }
      }
      boolean more = rows.size() == limit;
      StateKey last = more ? rows.get(limit - 1).key() : null;
      while (page.size() < limit
          && !live.isEmpty()
          && (last == null || BY_BYTES.compare(live.first(), last) <= 0)) {
        page.add(live.pollFirst());
      }
      if (last == null || page.size() == limit) {
        return page;
      }
      rows = tiers.rowKeys(agent, prefix, last.path(), limit);
    }
  }

  private StateKey key(String text) {
    return StateKey.ofPath(agent, text);
  }
}
