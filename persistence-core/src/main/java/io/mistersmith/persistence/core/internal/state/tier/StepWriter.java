package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Writes several entries of one owner together, all or none.
 *
 * <p>The server compares the places of all entries at once, and does not say which one it refused
 * the step for. So after a refusal the leader is asked for all of them: those whose expectation is
 * not met are named in the failure; if all are met, entries were only moved, and the step is tried
 * again. Thread-safe.
 */
public final class StepWriter {

  private final Tiers tiers;
  private final Publisher publisher;
  private final ConditionalWriter conditional;
  private final AdmittedWrites writes;

  StepWriter(
      Tiers tiers, Publisher publisher, ConditionalWriter conditional, AdmittedWrites writes) {
    this.tiers = tiers;
    this.publisher = publisher;
    this.conditional = conditional;
    this.writes = writes;
  }

  /**
   * Makes the writes of one owner, which are of different keys, and returns their revisions in
   * order.
   *
   * @param parts decide more writes, which are made after {@code fixed}; they are begun and ended
   *     in their order
   * @param checked is given all writes before they are sent; its exceptions pass through
   * @throws PersistenceException when none was made, or, as {@code OUTCOME_UNKNOWN}, all or none;
   *     {@link CommitWaits#isWritten} when all were made, and the wait for their commit failed
   */
  public Map<StateKey, Revision.OfJournal> write(
      AgentId owner,
      List<StepWrite> fixed,
      Collection<StepPart> parts,
      Consumer<List<StepWrite>> checked) {
    boolean made = false;
    Map<StateKey, Revision.OfJournal> written;
    try {
      parts.forEach(StepPart::begin);
      written = writeBegun(owner, fixed, parts, checked);
      made = true;
    } catch (PersistenceException e) {
      made = CommitWaits.isWritten(e);
      throw e;
    } finally {
      parts.forEach(made ? StepPart::made : StepPart::failed);
    }
    parts.forEach(StepPart::afterwards);
    return written;
  }

  private Map<StateKey, Revision.OfJournal> writeBegun(
      AgentId owner,
      List<StepWrite> fixed,
      Collection<StepPart> parts,
      Consumer<List<StepWrite>> checked) {
    StateKey first = fixed.isEmpty() ? StateKey.of(owner, "step") : fixed.get(0).key();
    boolean held = writes.enter(first);
    try {
      Map<StateKey, Revision.OfJournal> revisions = publish(fixed, parts, checked);
      writes.settleStep(held, revisions);
      return revisions;
    } finally {
      writes.leave();
    }
  }

  private Map<StateKey, Revision.OfJournal> publish(
      List<StepWrite> fixed, Collection<StepPart> parts, Consumer<List<StepWrite>> checked) {
    List<StepWrite> step = decided(fixed, parts, checked);
    Optional<List<Long>> likely = likelyPlaces(step);
    if (likely.isPresent()) {
      try {
        return publishAt(step, likely.get(), parts);
      } catch (TransientPersistenceException e) {
        if (!Conflicts.isConflict(e)) {
          throw e;
        }
      }
    }
    Supplier<Map<StateKey, Revision.OfJournal>> outcome =
        Conflicts.retry(
            () -> {
              List<StepWrite> now;
              List<Long> places;
              try {
                now = decided(fixed, parts, checked);
                places = places(now);
              } catch (PersistenceException e) {
                return () -> {
                  throw e;
                };
              }
              Map<StateKey, Revision.OfJournal> revisions = publishAt(now, places, parts);
              return () -> revisions;
            });
    return outcome.get();
  }

  private static List<StepWrite> decided(
      List<StepWrite> fixed, Collection<StepPart> parts, Consumer<List<StepWrite>> checked) {
    List<StepWrite> all = new ArrayList<>(fixed);
    parts.forEach(part -> all.addAll(part.decide()));
    checked.accept(all);
    return all;
  }

  /** The places of all writes, if the leader need not be asked for any. */
  private Optional<List<Long>> likelyPlaces(List<StepWrite> step) {
    List<Long> places = new ArrayList<>(step.size());
    for (StepWrite write : step) {
      if (write.isOnce()) {
        places.add(HotWrites.NONE);
      } else if (write.expected() instanceof Expected.Anything) {
        places.add(HotWrites.ANY);
      } else if (write.expected() instanceof Expected.At at) {
        OptionalLong place =
            conditional.likelyPlace(write.key(), Entry.ownRevision(write.key(), at.revision()));
        if (place.isEmpty()) {
          return Optional.empty();
        }
        places.add(place.getAsLong());
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(places);
  }

  private List<Long> places(List<StepWrite> step) {
    List<StateKey> conditioned =
        step.stream()
            .filter(write -> !write.isOnce() && !(write.expected() instanceof Expected.Anything))
            .map(StepWrite::key)
            .toList();
    Map<StateKey, HotEntry> present = tiers.reads().getAll(conditioned, ReadFrom.LEADER);
    List<Long> places = new ArrayList<>(step.size());
    Map<StateKey, PersistenceException> unmet = new LinkedHashMap<>();
    for (StepWrite write : step) {
      StateKey key = write.key();
      try {
        Optional<HotEntry> entry = Optional.ofNullable(present.get(key));
        places.add(
            write.isOnce() ? HotWrites.NONE : conditional.place(key, write.expected(), entry));
      } catch (PersistenceException e) {
        if (!isUnmet(e)) {
          throw e;
        }
        tiers.l1().forget(key);
        unmet.put(key, e);
      }
    }
    if (!unmet.isEmpty()) {
      throw unmet(step, unmet);
    }
    return places;
  }

  private static boolean isUnmet(PersistenceException failure) {
    return switch (failure.error()) {
      case VERSION_CONFLICT, DUPLICATE_KEY, TTL_EXPIRED -> true;
      default -> false;
    };
  }

  private PersistenceException unmet(
      List<StepWrite> step, Map<StateKey, PersistenceException> unmet) {
    String message =
        "bucket "
            + tiers.reads().name()
            + ": none of the "
            + step.size()
            + " entries of a step of "
            + step.get(0).key().agent()
            + " was written, since not all are as expected: "
            + unmet.values().stream()
                .map(PersistenceException::getMessage)
                .collect(Collectors.joining("; "));
    Optional<PersistenceException> lasting =
        unmet.values().stream().filter(failure -> !failure.isTransient()).findFirst();
    boolean passes = unmet.values().stream().anyMatch(PersistenceException::isTransient);
    PersistenceException all =
        passes || lasting.isEmpty()
            ? new TransientPersistenceException(DataError.VERSION_CONFLICT, message)
            : new NonTransientPersistenceException(lasting.get().error(), message);
    unmet.values().forEach(all::addSuppressed);
    return all;
  }

  private Map<StateKey, Revision.OfJournal> publishAt(
      List<StepWrite> step, List<Long> places, Collection<StepPart> parts) {
    try {
      return step.size() < 2 ? publishAlone(step, places) : publishTogether(step, places);
    } catch (TransientPersistenceException e) {
      if (Conflicts.isConflict(e)) {
        parts.forEach(StepPart::refused);
      }
      throw e;
    }
  }

  private Map<StateKey, Revision.OfJournal> publishAlone(List<StepWrite> step, List<Long> places) {
    Map<StateKey, Revision.OfJournal> written = new LinkedHashMap<>();
    for (StepWrite only : step) {
      EntryMetadata metadata = metadata(only, conditional.writeId());
      written.put(
          only.key(),
          only.isOnce()
              ? publisher.publishOnce(only.key(), only.value(), metadata)
              : publisher.publish(
                  only.key(), only.operation(), only.value(), metadata, places.get(0)));
    }
    return written;
  }

  private Map<StateKey, Revision.OfJournal> publishTogether(
      List<StepWrite> step, List<Long> places) {
    String id = conditional.writeId();
    List<Outgoing> messages = new ArrayList<>(step.size());
    for (int i = 0; i < step.size(); i++) {
      StepWrite write = step.get(i);
      messages.add(
          new Outgoing(
              write.key(),
              write.operation(),
              write.value(),
              metadata(write, id).inStep(id, new StepPlace(i + 1, step.size())),
              places.get(i)));
    }
    List<Revision.OfJournal> revisions = publisher.publishTogether(messages);
    Map<StateKey, Revision.OfJournal> written = new LinkedHashMap<>();
    for (int i = 0; i < step.size(); i++) {
      StepWrite write = step.get(i);
      Revision.OfJournal revision = revisions.get(i);
      written.put(
          write.key(),
          write.isOnce() ? revision : tiers.written(write.key(), revision, write.expiresAt()));
    }
    tiers.l1().wroteStep(revisions.get(revisions.size() - 1));
    return written;
  }

  private static EntryMetadata metadata(StepWrite write, String id) {
    return new EntryMetadata(
        Optional.empty(), write.expiresAt(), Optional.of(id), write.provenance());
  }
}
