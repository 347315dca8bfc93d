package io.mistersmith.persistence.monitor;

/**
 * One of the library's background services met what should not occur: an exception that is no
 * {@link io.mistersmith.persistence.error.PersistenceException}, or an Error. Immutable.
 *
 * @param service the service's name, which is its thread's name, too
 * @param consequence what does not happen meanwhile, as a clause
 * @param failures how often it failed in a row
 * @param ended whether it is gone. If false it goes on trying; if true, close this runtime and open
 *     it again
 * @param cause what was thrown
 */
public record ServiceFailure(
    String service, String consequence, long failures, boolean ended, Throwable cause) {}
