package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.log.LogReader.Part;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.spi.sql.LogStore.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Copies entries to a new log. Its head is written first, and hides the entries until all are
 * there; it is also what refuses a second copy to the same name.
 */
final class LogCopy {

  private static final int PAGE = 256;

  private final LogContext context;
  private final LogReader reader;
  private final Heads heads;

  LogCopy(LogContext context, LogReader reader, Heads heads) {
    this.context = context;
    this.reader = reader;
    this.heads = heads;
  }

  /** Copies what {@code source} has up to this version. */
  void copy(LogId source, LogId target, long through) {
    Part end = reader.read(source, through, through);
    if (through > end.tail().version() || through < end.head().first() - 1) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND, source + ": it has no entry of version " + through + " to copy");
    }
    if (reader.knownTail(target).version() > 0) {
      throw exists(target);
    }
    Head hiding = Head.NEW.from(through + 1);
    Head hidden =
        heads.change(
            target,
            head -> {
              if (!head.equals(Head.NEW)) {
                throw exists(target);
              }
              return hiding;
            });
    copyEntries(source, target, end.head().first(), hidden.first() - 1);
    Head copied = heads.read(source).head();
    if (copied.first() > through + 1) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT,
          source + ": it was truncated while it was copied; copy it again to another name");
    }
    Optional<String> summary = copied.summary().map(text -> resealed(source, target, text));
    Head whole = new Head(copied.first(), Limits.NONE, summary, copied.summaryAt());
    Head unused = heads.change(target, head -> whole);
  }

  /** Documents are encrypted for the log that they are in. */
  private byte[] resealed(LogId source, LogId target, byte[] document) {
    Sealing sealing = context.store().tiers().sealing();
    return sealing.isOn()
        ? sealing.seal(target.head(), sealing.open(source.head(), document))
        : document;
  }

  private String resealed(LogId source, LogId target, String document) {
    byte[] bytes = document.getBytes(StandardCharsets.UTF_8);
    return new String(resealed(source, target, bytes), StandardCharsets.UTF_8);
  }

  private static NonTransientPersistenceException exists(LogId target) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY,
        target + ": there is, or was, a log of this name; nothing was copied. Give another name");
  }

  private void copyEntries(LogId source, LogId target, long first, long through) {
    for (long from = first; from <= through; from += PAGE) {
      long to = Math.min(through, from + PAGE - 1);
      for (RawEntry entry : reader.read(source, from, to).between(from, to)) {
        copy(source, target, entry, through + 1);
      }
    }
    context.memory(target).forgetTail();
  }

  private void copy(LogId source, LogId target, RawEntry entry, long hiding) {
    Envelope from = entry.envelope();
    Envelope copied =
        new Envelope(
            from.id(),
            from.keptWith(),
            from.bytesBefore(),
            resealed(source, target, from.document()));
    try {
      var unused = context.store().writeOnce(target.entry(entry.version()), copied.encode());
    } catch (TransientPersistenceException e) {
      if (!Conflicts.isConflict(e)) {
        throw e;
      }
      leave(target, entry.version(), hiding);
      throw exists(target);
    }
  }

  /** Lets the log have what another process appended to it from this version on. */
  private void leave(LogId target, long version, long hiding) {
    Head unused =
        heads.change(
            target,
            head ->
                head.first() == hiding
                    ? new Head(version, head.limits(), head.summary(), head.summaryAt())
                    : head);
  }
}
