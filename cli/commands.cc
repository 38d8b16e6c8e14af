#include "cli/commands.h"

#include "cli/command_convert.h"
#include "cli/command_decode.h"
#include "cli/command_demo.h"
#include "cli/command_demo_convolutional.h"
#include "cli/command_denoise.h"
#include "cli/command_encode.h"
#include "cli/command_encode_convolutional.h"
#include "cli/command_generate.h"
#include "cli/command_info.h"
#include "cli/command_inpaint.h"
#include "cli/command_learn.h"
#include "cli/command_learn_convolutional.h"
#include "cli/command_memory.h"
#include "cli/command_memory_capacity.h"
#include "cli/command_merge.h"
#include "cli/command_show.h"

namespace striate::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      demo_command(),
      demo_convolutional_command(),
      generate_command(),
      learn_command(),
      learn_convolutional_command(),
      merge_command(),
      encode_command(),
      encode_convolutional_command(),
      decode_command(),
      denoise_command(),
      inpaint_command(),
      memory_create_command(),
      memory_store_command(),
      memory_recall_command(),
      memory_forget_command(),
      memory_inspect_command(),
      memory_capacity_command(),
      show_command(),
      convert_command(),
      info_command(),
  };
  return table;
}

}  // namespace striate::cli
