-- Opens FILE, waits for a diagnostic, takes the first code action on it, waits until it is gone, and writes what it saw.
-- Run with `luafile`, for Neovim 0.7 and newer.
local file, root, out = vim.env.DTLINT_FILE, vim.env.DTLINT_ROOT, vim.env.DTLINT_OUT
local seen = { before = {}, after = nil, offered = {} }

local function finish()
  local handle = io.open(out, "w")
  handle:write(vim.json.encode(seen))
  handle:close()
  vim.cmd("qall!")
end

local function described(one)
  local lsp = (one.user_data or {}).lsp or {}
  local places = {}
  for _, related in ipairs(lsp.relatedInformation or {}) do
    table.insert(places, vim.fn.fnamemodify(vim.uri_to_fname(related.location.uri), ":t"))
  end
  return { code = one.code or lsp.code, line = one.lnum, message = one.message, places = places }
end

vim.ui.select = function(items, options, choose)
  for _, item in ipairs(items) do
    table.insert(seen.offered, options.format_item and options.format_item(item) or tostring(item))
  end
  choose(items[1], 1)
end

vim.cmd("edit " .. vim.fn.fnameescape(file))
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
  name = "dtlint",
  cmd = { vim.env.DTLINT_PYTHON, "-m", "dtlint", "lsp" },
  root_dir = root,
  workspace_folders = { { uri = vim.uri_from_fname(root), name = "work" } },
})
vim.lsp.buf_attach_client(buffer, client)
vim.api.nvim_create_autocmd("BufReadPost", {
  callback = function(read) vim.lsp.buf_attach_client(read.buf, client) end,
})

vim.wait(60000, function() return #vim.diagnostic.get(buffer) > 0 end, 50)
for _, one in ipairs(vim.diagnostic.get(buffer)) do
  table.insert(seen.before, described(one))
end
if #seen.before > 0 then
  local first = vim.diagnostic.get(buffer)[1]
  vim.api.nvim_win_set_cursor(0, { first.lnum + 1, first.col })
  vim.lsp.buf.code_action()
  vim.wait(60000, function() return #seen.offered > 0 and #vim.diagnostic.get(buffer) == 0 end, 50)
  seen.after = #vim.diagnostic.get(buffer)
  -- What was edited is not saved yet.
  vim.cmd("wall")
end
finish()
