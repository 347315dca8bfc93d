package io.mistersmith.persistence.backup;

import java.util.List;

/**
 * What a restore would do.
 *
 * @param id the backup
 * @param steps what is done, in order, in sentences
 * @param settings the settings of PostgreSQL's recovery, one {@code name = value} each; none for a
 *     dump
 * @param missing what a restore needs and does not have, such as a key or a program; it fails
 *     unless this is empty
 */
public record RestorePlan(
    String id, List<String> steps, List<String> settings, List<String> missing) {

  /** Copies the lists. */
  public RestorePlan {
    steps = List.copyOf(steps);
    settings = List.copyOf(settings);
    missing = List.copyOf(missing);
  }
}
