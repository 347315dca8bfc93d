package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.Tiers;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateQuery;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Searches the rows of one type of entries. */
final class StateSearches {

  private static final JsonCodec<Object> JSON = Json.mapping(Object.class);

  private StateSearches() {}

  static List<Entry> run(Tiers tiers, KeySpace space, StateQuery query) {
    requireReadable(tiers, query);
    StateSearch wanted =
        new StateSearch(
            query.owner(),
            space.path(query.prefix()),
            query.part().map(StateSearches::json),
            query.words(),
            query.after().map(space::own),
            query.limit(),
            tiers.clock().instant());
    return tiers
        .sql()
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.MISCONFIGURED,
                    "search entries: this type of data is kept in KV alone, and search finds what"
                        + " is in PostgreSQL; use keys and findAll"))
        .search(wanted);
  }

  private static void requireReadable(Tiers tiers, StateQuery query) {
    if (tiers.sealing().isOn() && (query.part().isPresent() || query.words().isPresent())) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "search entries: the database cannot look into entries that are encrypted; search by"
              + " owner and prefix alone, or keep what is searched for as facts of knowledge()");
    }
  }

  private static String json(Object part) {
    try {
      return new String(JSON.encode(part), StandardCharsets.UTF_8);
    } catch (NonTransientPersistenceException e) {
      throw new NonTransientPersistenceException(
          e.error(), "search entries: the part: " + e.getMessage(), e);
    }
  }
}
