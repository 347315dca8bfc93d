/**
 * What an agent runtime calls: repositories of entities, agents, and entries that could not be
 * flushed.
 */
@NullMarked
package io.mistersmith.persistence.repository;

import org.jspecify.annotations.NullMarked;
