package io.mistersmith.persistence.backup;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a backup holds. Stored as {@code backups/<id>/manifest.json}: one JSON object with a member
 * for each component of the record, under its name. Times are ISO 8601 in UTC, kinds are the names
 * of {@link BackupKind}'s constants, absent values are null. Its last member {@code sha256} is the
 * SHA-256 of the manifest without that member, so that a changed manifest is detected.
 *
 * @param format the version of this form: {@value #FORMAT}
 * @param id the id of the backup, which is the name of its directory
 * @param kind what it holds
 * @param startedAt when it began, by this process's clock
 * @param completedAt when all but the manifest was stored
 * @param installation the id of the installation that was saved; empty where no set of scripts
 *     keeps one
 * @param versions the versions of what took part: {@code "library"}, {@code "postgresql"}, {@code
 *     "nats"} and one {@code scripts.<set>} for each set of scripts
 * @param keys the master keys that a restore needs, before it begins; empty without encryption
 * @param postgres the part of PostgreSQL
 * @param positions how far PostgreSQL had applied each bucket's journal
 * @param streams the streams of NATS
 */
public record BackupManifest(
    int format,
    String id,
    BackupKind kind,
    Instant startedAt,
    Instant completedAt,
    Optional<String> installation,
    SortedMap<String, String> versions,
    List<WrappedKey> keys,
    PostgresPart postgres,
    List<Position> positions,
    List<StreamPart> streams) {

  /** The version of the form that this library writes. It reads this one and all below. */
  public static final int FORMAT = 2;

  /** Copies the collections. */
  public BackupManifest {
    versions = Collections.unmodifiableSortedMap(new TreeMap<>(versions));
    keys = List.copyOf(keys);
    positions = List.copyOf(positions);
    streams = List.copyOf(streams);
  }

  /** Returns every file of the backup, those of earlier base backups that it needs included. */
  public List<StoredFile> files() {
    return Stream.of(
            postgres.dump().stream(),
            postgres.base().stream().flatMap(base -> base.allFiles().stream()),
            streams.stream().flatMap(stream -> stream.files().stream()))
        .flatMap(files -> files)
        .toList();
  }

  /** Returns what the backup holds of PostgreSQL alone. */
  public BackupManifest postgresAlone() {
    return new BackupManifest(
        format,
        id,
        kind,
        startedAt,
        completedAt,
        installation,
        versions,
        keys,
        postgres,
        List.of(),
        List.of());
  }

  /** Returns how many bytes the files of the backup have in the target. */
  public long size() {
    return files().stream().mapToLong(StoredFile::size).sum();
  }

  /**
   * A file of the target, as it lies there: encrypted where the backup is.
   *
   * @param path its whole path in the target
   * @param size how many bytes it has
   * @param sha256 the SHA-256 of its bytes, in lower-case hexadecimal
   */
  public record StoredFile(String path, long size, String sha256) {}

  /**
   * A master key that the files were encrypted under.
   *
   * @param masterKey its id at the provider
   * @param wrapped a data key of the backup, wrapped by it, in base64; unwrapping it proves that
   *     the provider has the key
   */
  public record WrappedKey(String masterKey, String wrapped) {}

  /**
   * The part of PostgreSQL.
   *
   * @param database the name of the database
   * @param serverVersion the server's version, such as {@code 16.4}
   * @param systemIdentifier the identifier of the cluster, where it is known
   * @param dump the dump
   * @param base the base backup
   * @param wal the WAL that makes the base backup consistent
   * @param tables what each table held in the dump's snapshot, by {@code schema.table}; empty
   *     without a dump, and where the manifest has form 1
   */
  public record PostgresPart(
      String database,
      String serverVersion,
      Optional<String> systemIdentifier,
      Optional<StoredFile> dump,
      Optional<BasePart> base,
      Optional<WalRange> wal,
      SortedMap<String, TableContents> tables) {

    /** Copies the tables. A manifest of form 1 has none, but the numbers of rows alone. */
    public PostgresPart {
      tables =
          tables == null
              ? Collections.emptySortedMap()
              : Collections.unmodifiableSortedMap(new TreeMap<>(tables));
    }
  }

  /**
   * What a table held.
   *
   * @param rows how many rows
   * @param checksum the sum of the hashes of its rows as text, in decimal, which does not depend on
   *     their order
   */
  public record TableContents(long rows, String checksum) {}

  /**
   * A base backup of PostgreSQL.
   *
   * @param label its label
   * @param startLsn where its recovery begins, such as {@code 0/2000028}
   * @param stopLsn where it is consistent
   * @param timeline the timeline it was made on
   * @param startedAt when it began, by PostgreSQL's clock
   * @param stoppedAt when it had ended
   * @param files its files
   * @param backupManifest PostgreSQL's own {@code backup_manifest}
   * @param since the base backup that this one is an increment of
   */
  public record BasePart(
      String label,
      String startLsn,
      String stopLsn,
      int timeline,
      Instant startedAt,
      Instant stoppedAt,
      List<StoredFile> files,
      StoredFile backupManifest,
      Optional<BasePart> since) {

    /** Copies the files. */
    public BasePart {
      files = List.copyOf(files);
    }

    /** Returns its files, its manifest, and those of the base backups that it depends on. */
    public List<StoredFile> allFiles() {
      return Stream.of(
              since.stream().flatMap(earlier -> earlier.allFiles().stream()),
              files.stream(),
              Stream.of(backupManifest))
          .flatMap(part -> part)
          .toList();
    }
  }

  /**
   * A range of the WAL archive.
   *
   * @param timeline its timeline
   * @param first the name of its first segment
   * @param last the name of its last segment
   * @param segmentSize how many bytes a segment has
   */
  public record WalRange(int timeline, String first, String last, long segmentSize) {}

  /**
   * How far PostgreSQL has applied a bucket's journal. The backup of PostgreSQL holds everything up
   * to {@code sequence}, and nothing of what follows {@code atMost}.
   *
   * @param bucket the bucket
   * @param epoch the bucket's epoch
   * @param sequence the position when the backup of PostgreSQL began
   * @param atMost the position when it had ended
   */
  public record Position(String bucket, long epoch, long sequence, long atMost) {}

  /**
   * A stream of NATS.
   *
   * @param stream its name; that of a bucket is {@code KV_<bucket>}
   * @param config its configuration as the server printed it, in JSON
   * @param state its state in the snapshot as the server printed it, in JSON; a restore gives it
   *     back to the server
   * @param created when the stream was created
   * @param firstSequence the sequence of its first message
   * @param lastSequence the sequence of its last message
   * @param messages how many messages it has
   * @param bytes how many bytes they have in the server
   * @param files the snapshot's chunks, in order
   * @param contents what it held up to {@code lastSequence}, read message by message
   */
  public record StreamPart(
      String stream,
      String config,
      String state,
      Instant created,
      long firstSequence,
      long lastSequence,
      long messages,
      long bytes,
      List<StoredFile> files,
      Optional<Contents> contents) {

    /** Copies the files. */
    public StreamPart {
      files = List.copyOf(files);
    }

    /** Returns the same part with what its stream held. */
    public StreamPart with(Contents value) {
      return new StreamPart(
          stream,
          config,
          state,
          created,
          firstSequence,
          lastSequence,
          messages,
          bytes,
          files,
          Optional.of(value));
    }
  }

  /**
   * What a stream holds.
   *
   * @param upTo the sequence up to which its messages were read
   * @param messages how many messages there were
   * @param checksum a SHA-256 over sequence, subject, headers and data of each, in lower-case
   *     hexadecimal
   */
  public record Contents(long upTo, long messages, String checksum) {}
}
