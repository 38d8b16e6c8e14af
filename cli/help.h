// Help texts and the reference page, both made from the table of commands.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace striate::cli {

std::string overview(std::span<const Command> commands);
// `others`: of the same verb, where to read on.
std::string help_of(const Command& command, std::span<const Command> others = {});
// Markdown: every verb with its options.
std::string reference_of(std::span<const Command> commands);
// A markdown table of options.
std::string field_table(std::span<const Field> fields, bool as_flags);

// Text inside a table: '|' would end the cell.
std::string markdown_cell(std::string_view text);

// "default 0.0001; at least 0; seconds": what is known of an option beside its sentence.
std::string facts_of(const Field& field);

}  // namespace striate::cli
